//! Enabling, skipping, rejecting, retrying, suppressing and removing.

use dripr_core::{
    campaign::{Action, CampaignStatus, LastCycle, Refusal},
    email::{DeliveryStatus, SuppressionCause},
};

use crate::scene::{NEXT_SLOT, SLOT, Scene, at, minutes};

fn skip(scene: &mut Scene, reason: Option<&str>) -> Result<(), Refusal> {
    scene.run(Action::Skip { reason: reason.map(str::to_owned) }).map(|_| ())
}

#[test]
fn a_report_in_the_making_can_be_skipped() {
    for mut scene in
        [Scene::gathering(), Scene::analysing(), Scene::ready(), Scene::sending(), Scene::failed()]
    {
        skip(&mut scene, None).unwrap();
        assert_eq!((scene.status(), scene.slot().at()), (CampaignStatus::Dormant, at(NEXT_SLOT)));
        assert_eq!(scene.audited(), ["cycle_skipped"]);
        assert_eq!(scene.written.audit[0].cause.as_deref(), Some("the agent skipped it"));
    }
    let mut scene = Scene::ready();
    skip(&mut scene, Some("not this month")).unwrap();
    assert_eq!(scene.written_email(), (DeliveryStatus::Skipped, Some("not this month".to_owned())));
}

#[test]
fn what_is_not_begun_or_already_in_hand_cannot_be_skipped() {
    let mut unsubscribed = Scene::planned();
    unsubscribed.did(Action::Suppress { cause: SuppressionCause::OptOut });
    for mut scene in [Scene::planned(), unsubscribed] {
        let wanted = "there is no report being prepared to skip";
        let status = scene.status();
        assert_eq!(skip(&mut scene, None), Err(Refusal::CampaignState { status, wanted }));
    }
    for mut scene in [Scene::transmitting(), Scene::unknown()] {
        assert!(matches!(skip(&mut scene, None), Err(Refusal::EmailState { .. })));
    }
}

#[test]
fn a_rejected_email_ends_its_cycle() {
    for (mut scene, reason, cause) in [
        (Scene::review(), None, "the agent rejected it"),
        (Scene::ready(), Some("wrong house"), "wrong house"),
        (Scene::sending(), None, "the agent rejected it"),
    ] {
        let email_id = scene.email().id;
        scene.did(Action::Reject { email_id, reason: reason.map(str::to_owned) });
        assert_eq!(scene.written_email(), (DeliveryStatus::Rejected, Some(cause.to_owned())));
        assert_eq!(scene.audited(), ["rejected", "cycle_skipped"]);
        assert_eq!((scene.status(), scene.slot().at()), (CampaignStatus::Dormant, at(NEXT_SLOT)));
    }
}

#[test]
fn an_email_in_hand_cannot_be_rejected() {
    for mut scene in [Scene::transmitting(), Scene::unknown()] {
        let email = scene.email();
        let refused = scene.run(Action::Reject { email_id: email.id.clone(), reason: None });
        let wanted = "only an email that was not handed to a mailer can be rejected";
        let status = email.delivery_status;
        assert_eq!(refused, Err(Refusal::EmailState { email: email.id, status, wanted }));
    }
}

#[test]
fn only_a_failed_campaign_is_retried_and_at_once() {
    let mut failed = Scene::failed();
    failed.did(Action::Retry);
    assert_eq!(failed.status(), CampaignStatus::ReadyToCreateEmail);
    for mut scene in [Scene::planned(), Scene::gathering(), Scene::sending()] {
        let status = scene.status();
        let wanted = "only a campaign in ERROR can be retried";
        assert_eq!(scene.run(Action::Retry), Err(Refusal::CampaignState { status, wanted }));
    }
}

#[test]
fn a_campaign_is_halted_and_let_run_once() {
    let mut scene = Scene::planned();
    scene.did(Action::Enable);
    assert!(scene.written.is_empty());
    scene.did(Action::Disable);
    assert_eq!((scene.audited(), scene.dossier.campaign.enabled), (vec!["disabled"], false));
    scene.did(Action::Disable);
    assert!(scene.written.is_empty());
    scene.now += minutes(90);
    scene.did(Action::Enable);
    assert_eq!((scene.audited(), scene.dossier.campaign.enabled), (vec!["enabled"], true));
    assert_eq!(scene.dossier.campaign.enabled_at, scene.now);
}

#[test]
fn one_that_never_sent_is_planned_anew_when_it_is_enabled_again() {
    let enabled_on_20_march = |mut scene: Scene| {
        scene.did(Action::Disable);
        scene.now = at("2026-03-20T12:00:00Z");
        scene.did(Action::Enable);
        scene
    };
    let never_sent = enabled_on_20_march(Scene::planned());
    assert_eq!(never_sent.slot().at(), at("2026-03-21T15:00:00Z"));
    let mut sent = Scene::planned();
    sent.dossier.campaign.last_sent_email_datetime = Some(at("2026-02-12T16:00:00Z"));
    let sent = enabled_on_20_march(sent);
    assert_eq!(sent.slot().at(), at(SLOT), "a slot that is pending is resumed");
    let mut unsubscribed = Scene::planned();
    unsubscribed.did(Action::Suppress { cause: SuppressionCause::OptOut });
    let unsubscribed = enabled_on_20_march(unsubscribed);
    assert_eq!(unsubscribed.slot().at(), at(SLOT), "nothing is planned for a recipient who gets no mail");
}

#[test]
fn the_more_final_suppression_stays() {
    use SuppressionCause::{Complaint, HardBounce, OptOut};
    for (first, second, stays) in [
        (HardBounce, OptOut, OptOut),
        (HardBounce, Complaint, Complaint),
        (OptOut, Complaint, Complaint),
        (OptOut, HardBounce, OptOut),
        (Complaint, OptOut, Complaint),
        (OptOut, OptOut, OptOut),
        (HardBounce, HardBounce, HardBounce),
    ] {
        let mut scene = Scene::planned();
        scene.did(Action::Suppress { cause: first });
        assert_eq!(scene.written.suppressions.len(), 1);
        assert_eq!(scene.audited(), ["suppressed", "unsubscribed"]);
        let since = scene.now;
        scene.now += minutes(5);
        scene.did(Action::Suppress { cause: second });
        // What the recipient says again stands since the last time.
        let is_said_again = second == first && first.is_recipients_own();
        let changes = second > first || is_said_again;
        let kept = scene.dossier.suppression.clone().unwrap();
        assert_eq!((kept.cause, kept.since), (stays, if changes { scene.now } else { since }));
        assert_eq!(scene.written.suppressions.len(), usize::from(changes), "{first:?}, then {second:?}");
        assert_eq!(scene.audited(), ["suppressed"]);
        assert_eq!(scene.written.audit[0].cause.as_deref(), Some(second.sentence()));
        assert_eq!(
            (kept.user_id, kept.address),
            (scene.dossier.agent.id.clone(), scene.dossier.contact.email)
        );
    }
}

#[test]
fn a_removal_ends_the_email_and_is_noted() {
    let mut scene = Scene::ready();
    scene.did(Action::Delete);
    assert_eq!(scene.dossier.campaign.deleted_at, Some(scene.now));
    assert_eq!(scene.audited(), ["deleted"]);
    let cause = Some("the campaign was removed".to_owned());
    assert_eq!(scene.written_email(), (DeliveryStatus::Superseded, cause));
    assert_eq!(scene.dossier.campaign.last_cycle, None);
}

#[test]
fn an_attempt_under_way_counts_as_a_sending_of_the_campaign_that_is_removed() {
    let scene = Scene::removed_live();
    let started = Some(at(SLOT));
    assert_eq!(scene.dossier.campaign.last_sent_email_datetime, started);
    assert_eq!(scene.dossier.campaign.last_cycle, Some(LastCycle { slot: scene.slot(), sent: started }));
    assert!(scene.written.emails.is_empty());
}
