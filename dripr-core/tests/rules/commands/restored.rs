//! A database that was restored from a backup: what may have been sent since is not sent again.

use dripr_core::{
    campaign::{Action, CampaignStatus, Refusal},
    email::DeliveryStatus,
    ports::LookUp,
};

use crate::scene::{MADE, NEXT_SLOT, SLOT, Scene, at, just_before, minutes};

const TAKEN: &str = "2026-03-11T12:00:00Z";
const CAUSE: &str = "restored from a backup of 2026-03-11T12:00:00Z: it may have been sent since";

fn restored() -> Action {
    Action::Restored { taken_at: at(TAKEN) }
}

fn all_without_attempt() -> [Scene; 7] {
    [
        Scene::planned(),
        Scene::gathering(),
        Scene::analysing(),
        Scene::ready(),
        Scene::review(),
        Scene::sending(),
        Scene::failed(),
    ]
}

#[test]
fn a_cycle_whose_slot_is_reached_is_skipped_with_its_cause() {
    for mut scene in all_without_attempt() {
        scene.now = at(SLOT) + minutes(90);
        let email = scene.dossier.email.is_some();
        let (revision, fence, version) = {
            let campaign = &scene.dossier.campaign;
            (campaign.email_revision, campaign.fence, campaign.version)
        };
        scene.did(restored());
        assert_eq!((scene.status(), scene.slot().at()), (CampaignStatus::Dormant, at(NEXT_SLOT)));
        let last = scene.dossier.campaign.last_cycle.unwrap();
        assert_eq!((last.slot.at(), last.sent), (at(SLOT), None));
        let skipped = scene.written.audit.iter().find(|entry| entry.what == "cycle_skipped").unwrap();
        assert_eq!(skipped.cause.as_deref(), Some(CAUSE));
        assert!(scene.audited().contains(&"restored"));
        if email {
            let (status, _) = scene.written_email();
            assert!(matches!(status, DeliveryStatus::Skipped | DeliveryStatus::Expired), "{status:?}");
        }
        // No name comes twice: those since the backup are not known.
        let campaign = &scene.dossier.campaign;
        assert!(campaign.email_revision >= revision + 1000, "{}", campaign.email_revision);
        assert!(campaign.fence >= fence + 1000 && campaign.version >= version + 1000);
    }
}

#[test]
fn a_cycle_whose_slot_is_ahead_goes_on() {
    for mut scene in all_without_attempt() {
        if scene.now <= just_before(SLOT) {
            let (status, email) = (scene.status(), scene.dossier.email.clone());
            scene.did(Action::Restored { taken_at: at(MADE) });
            assert_eq!((scene.status(), scene.slot().at()), (status, at(SLOT)));
            assert_eq!(scene.dossier.email, email);
            assert!(!scene.audited().contains(&"cycle_skipped"));
        }
    }
}

#[test]
fn a_campaign_that_may_not_run_does_not_catch_up_later() {
    let mut scene = Scene::planned();
    scene.did(Action::Disable);
    scene.now = at(SLOT) + minutes(5);
    scene.did(restored());
    scene.did(Action::Enable);
    assert!(scene.slot().at() > at(SLOT) + minutes(24 * 60 * 14), "{:?}", scene.slot());
}

#[test]
fn an_attempt_under_way_is_asked_about_and_never_followed_by_another() {
    for mut scene in [Scene::transmitting(), Scene::unknown()] {
        scene.did(restored());
        assert_eq!(scene.email().delivery_status, DeliveryStatus::Unknown);
        assert!(scene.attempt().look_up_at.is_some_and(|at| at > scene.now));
        // Absence is believed the second time, and still nothing is sent.
        for _ in 0..2 {
            scene.now += minutes(30);
            if scene.dossier.email.is_some() {
                scene.looked_up(LookUp::NotAccepted);
            }
        }
        assert_eq!((scene.status(), scene.slot().at()), (CampaignStatus::Dormant, at(NEXT_SLOT)));
        assert_eq!(scene.written_email().0, DeliveryStatus::Skipped);
    }
    let mut scene = Scene::transmitting();
    scene.did(restored());
    scene.looked_up(LookUp::Accepted { provider_message_id: None });
    assert_eq!(
        (scene.status(), scene.written_email().0),
        (CampaignStatus::Dormant, DeliveryStatus::Complete)
    );
    assert!(scene.dossier.campaign.last_sent_email_datetime.is_some());
}

#[test]
fn what_nobody_can_tell_is_held_also_where_the_agent_wants_it_sent_again() {
    let mut scene = Scene::transmitting();
    let mut agent = (*scene.dossier.agent).clone();
    agent.unknown_outcome = dripr_core::agent::UnknownOutcome::Resend;
    scene.dossier.agent = std::sync::Arc::new(agent);
    scene.did(restored());
    scene.now += minutes(25 * 60);
    scene.looked_up(LookUp::CannotTell);
    assert_eq!((scene.status(), scene.written_email().0), (CampaignStatus::Dormant, DeliveryStatus::Held));
}

#[test]
fn a_backup_of_later_than_now_is_refused() {
    let mut scene = Scene::planned();
    let before = scene.dossier.clone();
    let refused = scene.run(Action::Restored { taken_at: at(NEXT_SLOT) });
    assert!(matches!(refused, Err(Refusal::Invalid { field: "taken_at", .. })), "{refused:?}");
    assert_eq!(scene.dossier, before);
}

#[test]
fn a_cycle_after_the_one_that_is_under_way_is_not_begun_late() {
    for mut scene in [Scene::transmitting(), Scene::unknown()] {
        scene.now = at(NEXT_SLOT) + minutes(2 * 24 * 60);
        scene.did(restored());
        assert_eq!(scene.status(), CampaignStatus::Dormant);
        assert!(scene.slot().at() > scene.now + minutes(14 * 24 * 60), "{:?}", scene.slot());
        assert_eq!(scene.written_email().0, DeliveryStatus::Held);
    }
}
