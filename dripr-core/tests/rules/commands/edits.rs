//! Another home, another intro, another send day.

use dripr_core::{
    campaign::{Action, CampaignStatus, Operation, Refusal, SubStatus},
    contact::Home,
    content::ZipCode,
    email::DeliveryStatus,
    schedule::SendDay,
};

use crate::scene::Scene;

fn zip(text: &str) -> ZipCode {
    text.parse().unwrap()
}

fn edit_home(scene: &mut Scene, home: Option<Home>, zip_code: ZipCode) {
    scene.did(Action::EditHome { home: home.map(Box::new), zip_code });
}

#[test]
fn the_same_home_again_changes_nothing() {
    let mut scene = Scene::gathering();
    let home = scene.dossier.campaign.home.clone();
    // The home's own ZIP code counts, not the one beside it.
    edit_home(&mut scene, home, zip("10001"));
    assert!(scene.written.is_empty());
    assert_eq!(scene.dossier.campaign.zip_code, zip("98103"));
    scene.dossier.campaign.home = None;
    edit_home(&mut scene, None, zip("98103"));
    assert!(scene.written.is_empty());
}

#[test]
fn another_home_is_prepared_again() {
    for mut scene in [Scene::gathering(), Scene::ready(), Scene::sending(), Scene::failed()] {
        let home = Home { zip_code: zip("98104"), ..scene.dossier.campaign.home.clone().unwrap() };
        edit_home(&mut scene, Some(home.clone()), zip("98103"));
        assert_eq!(scene.dossier.campaign.home, Some(home));
        assert_eq!(scene.dossier.campaign.zip_code, zip("98104"));
        assert_eq!(scene.audited(), ["home_edited", "prepared_again"]);
        assert_eq!(scene.status(), CampaignStatus::WaitingForData);
        assert_eq!(scene.dossier.campaign.prepare_again, None);
    }
}

#[test]
fn another_street_in_the_same_zip_code_or_another_zip_code_without_a_home_is_another_home() {
    let mut scene = Scene::planned();
    let home = Home { street: "2 Elm St".to_owned(), ..scene.dossier.campaign.home.clone().unwrap() };
    edit_home(&mut scene, Some(home), zip("98103"));
    assert_eq!(scene.audited(), ["home_edited"]);
    edit_home(&mut scene, None, zip("98103"));
    assert_eq!((scene.audited(), &scene.dossier.campaign.home), (vec!["home_edited"], &None));
    edit_home(&mut scene, None, zip("98104"));
    assert_eq!((scene.audited(), scene.dossier.campaign.zip_code), (vec!["home_edited"], zip("98104")));
}

#[test]
fn a_campaign_that_prepares_nothing_has_nothing_to_prepare_again() {
    let mut scene = Scene::planned();
    edit_home(&mut scene, None, zip("98103"));
    assert_eq!((scene.status(), &scene.dossier.campaign.prepare_again), (CampaignStatus::Dormant, &None));
}

fn edit_intro(scene: &mut Scene, text: &str) -> Result<(), Refusal> {
    scene.run(Action::EditIntro { of: None, text: Some(text.to_owned()) }).map(|_| ())
}

#[test]
fn another_intro_makes_the_email_again() {
    for mut scene in [Scene::ready(), Scene::review(), Scene::sending()] {
        edit_intro(&mut scene, "Hello neighbour").unwrap();
        assert_eq!(scene.dossier.campaign.intro_edit.as_deref(), Some("Hello neighbour"));
        assert_eq!(scene.audited(), ["intro_edited"]);
        let cause = Some("the intro was edited".to_owned());
        assert_eq!(scene.written_email(), (DeliveryStatus::Superseded, cause));
        assert_eq!((scene.status(), &scene.dossier.email), (CampaignStatus::ReadyToCreateEmail, &None));
        assert_eq!(scene.operation(Operation::EmailCreation).status, SubStatus::WaitingForData);
        let woken: Vec<_> = scene.written.events.iter().map(|event| event.operations.clone()).collect();
        assert_eq!(woken, [Some(vec![Operation::EmailCreation])]);
        scene.did(Action::EditIntro { of: None, text: None });
        assert_eq!(scene.dossier.campaign.intro_edit, None);
    }
}

#[test]
fn an_intro_has_1_to_2_000_characters_that_show() {
    let mut scene = Scene::ready();
    edit_intro(&mut scene, &"\u{e9}".repeat(2_000)).unwrap();
    edit_intro(&mut scene, "x").unwrap();
    for bad in ["", " \n\t", &"x".repeat(2_001), &"x".repeat(3_000)] {
        let refused = edit_intro(&mut scene, bad).unwrap_err();
        let Refusal::Invalid { field, value, reason } = refused else { panic!("{refused}") };
        assert_eq!((field, reason), ("intro", "an intro has 1 to 2,000 characters"));
        assert_eq!(value.chars().count(), bad.chars().count().min(60));
    }
    assert_eq!(scene.dossier.campaign.intro_edit.as_deref(), Some("x"));
}

#[test]
fn an_intro_is_edited_only_where_there_is_an_email_to_make() {
    for mut scene in [Scene::planned(), Scene::gathering(), Scene::analysing(), Scene::failed()] {
        let status = scene.status();
        let wanted = "there is no email whose intro could be edited";
        assert_eq!(edit_intro(&mut scene, "Hello"), Err(Refusal::CampaignState { status, wanted }));
    }
    for mut scene in [Scene::transmitting(), Scene::unknown()] {
        let refused = edit_intro(&mut scene, "Hello").unwrap_err();
        assert!(matches!(refused, Refusal::EmailState { .. }), "{refused}");
    }
}

#[test]
fn the_same_send_day_again_changes_nothing_and_another_is_noted() {
    let mut scene = Scene::planned();
    scene.did(Action::EditSchedule { fixed_send_day: SendDay::new(12).unwrap() });
    assert!(scene.written.is_empty());
    scene.did(Action::EditSchedule { fixed_send_day: SendDay::new(13).unwrap() });
    assert_eq!(scene.dossier.campaign.fixed_send_day.get(), 13);
    assert_eq!(scene.audited(), ["schedule_edited"]);
    assert_eq!(scene.written.audit[0].cause.as_deref(), Some("send day 13"));
}

#[test]
fn while_an_attempt_is_live_another_send_day_counts_from_the_next_cycle() {
    let mut scene = Scene::transmitting();
    let slot = scene.slot();
    scene.did(Action::EditSchedule { fixed_send_day: SendDay::new(28).unwrap() });
    assert_eq!((scene.slot(), scene.status()), (slot, CampaignStatus::ReadyToSendEmail));
    scene.accepted();
    assert_eq!(scene.cycle().to_string(), "2026-04-28");
}
