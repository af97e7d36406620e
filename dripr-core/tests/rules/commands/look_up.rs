//! Storing what the provider said of an unknown outcome.

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_core::{
    agent::UnknownOutcome,
    campaign::{CampaignStatus, LastCycle},
    email::DeliveryStatus,
    ports::{LookUp, SendOutcome},
    schedule::Instant,
};

use crate::scene::{NEXT_SLOT, SLOT, Scene, at, minutes};

fn unknown(mut scene: Scene) -> Scene {
    scene.record(SendOutcome::Unknown { reason: "no answer".to_owned() }).unwrap();
    scene
}

fn resend(mut scene: Scene) -> Scene {
    Arc::make_mut(&mut scene.dossier.agent).unknown_outcome = UnknownOutcome::Resend;
    scene
}

/// A day after the outcome became unknown.
fn a_day_later() -> Instant {
    at(SLOT) + TimeDelta::hours(24)
}

#[test]
fn an_email_that_the_provider_has_is_complete() {
    let mut scene = Scene::unknown();
    scene.now += minutes(1);
    scene.looked_up(LookUp::Accepted { provider_message_id: Some("p-2".to_owned()) });
    assert_eq!(scene.written.emails.last().unwrap().provider_message_id.as_deref(), Some("p-2"));
    assert_eq!((scene.status(), scene.audited()), (CampaignStatus::Dormant, vec!["sent"]));
}

/// The provider has been asked twice, so far apart that its absence is believed.
fn absent(mut scene: Scene) -> Scene {
    scene.looked_up(LookUp::NotAccepted);
    scene.now = scene.attempt().look_up_at.unwrap();
    scene.looked_up(LookUp::NotAccepted);
    scene
}

#[test]
fn absence_is_believed_once_a_call_and_its_settling_would_be_over() {
    for mut scene in [Scene::unknown(), unknown(Scene::unsubscribed_live())] {
        scene.now += minutes(1);
        let first = scene.now;
        // The lease of a call and the first look-up: 30 s and 60 s.
        let believed_at = first + TimeDelta::seconds(90);
        for now in [first, first + minutes(1), believed_at - TimeDelta::milliseconds(1)] {
            scene.now = now;
            scene.looked_up(LookUp::NotAccepted);
            assert_eq!(scene.written_email().0, DeliveryStatus::Unknown);
            let attempt = scene.attempt();
            assert_eq!((attempt.absent_since, attempt.look_up_at), (Some(first), Some(believed_at)));
            assert!(scene.written.events.is_empty() && scene.written.audit.is_empty());
        }
        scene.now = believed_at;
        scene.looked_up(LookUp::NotAccepted);
        assert_ne!(scene.written_email().0, DeliveryStatus::Unknown);
    }
}

#[test]
fn what_the_provider_said_before_the_call_was_over_says_nothing() {
    let mut scene = Scene::unknown();
    scene.looked_up(LookUp::NotAccepted);
    scene.now += minutes(2);
    scene.record(SendOutcome::Unknown { reason: "no answer".to_owned() }).unwrap();
    assert_eq!(scene.attempt().absent_since, None);
    scene.looked_up(LookUp::NotAccepted);
    assert_eq!(scene.email().delivery_status, DeliveryStatus::Unknown);
}

#[test]
fn an_email_that_the_provider_never_got_is_tried_again_at_once() {
    let mut scene = absent(Scene::unknown());
    assert_eq!(scene.written_email().0, DeliveryStatus::Approved);
    assert_eq!(scene.dossier.campaign.send_not_before, None);
    assert_eq!(scene.dossier.campaign.send_deferred_because, None);
    let [event] = &scene.written.events[..] else { panic!("the sender is told") };
    assert_eq!(event.to_status, CampaignStatus::ReadyToSendEmail);
    assert_eq!(scene.claim().number, 2);
}

#[test]
fn an_email_that_the_provider_never_got_is_skipped_after_an_opt_out() {
    let scene = absent(unknown(Scene::unsubscribed_live()));
    let cause = "the provider says that it never got the email".to_owned();
    assert_eq!(scene.written_email(), (DeliveryStatus::Skipped, Some(cause)));
    assert!(scene.written.events.is_empty());
    assert_eq!((scene.status(), scene.slot().at()), (CampaignStatus::Unsubscribed, at(NEXT_SLOT)));
}

#[test]
fn a_provider_that_cannot_tell_is_asked_hourly_for_a_day() {
    let mut scene = Scene::unknown();
    for now in [at(SLOT) + minutes(1), a_day_later() - TimeDelta::milliseconds(1)] {
        scene.now = now;
        scene.looked_up(LookUp::CannotTell);
        assert_eq!(scene.email().delivery_status, DeliveryStatus::Unknown);
        assert_eq!(scene.attempt().look_up_at, Some(now + TimeDelta::hours(1)));
        assert!(scene.written.audit.is_empty());
    }
    scene.now = a_day_later();
    scene.looked_up(LookUp::CannotTell);
    let cause = "nobody could tell for a day whether the provider has it".to_owned();
    assert_eq!(scene.written_email(), (DeliveryStatus::Held, Some(cause)));
    assert_eq!(scene.audited(), ["held"]);
}

#[test]
fn a_held_email_counts_as_sent() {
    let mut scene = Scene::unknown();
    let slot = scene.slot();
    scene.now = a_day_later() + minutes(1);
    scene.looked_up(LookUp::CannotTell);
    assert_eq!((scene.status(), scene.slot().at()), (CampaignStatus::Dormant, at(NEXT_SLOT)));
    let sent = Some(at(SLOT));
    assert_eq!(scene.dossier.campaign.last_cycle, Some(LastCycle { slot, sent }));
    assert_eq!(scene.dossier.campaign.last_sent_email_datetime, sent);
}

#[test]
fn an_agent_can_choose_to_send_again_what_nobody_can_tell() {
    let mut scene = resend(Scene::unknown());
    scene.now = a_day_later() - TimeDelta::milliseconds(1);
    scene.looked_up(LookUp::CannotTell);
    assert_eq!(scene.email().delivery_status, DeliveryStatus::Unknown);
    scene.now = a_day_later();
    scene.looked_up(LookUp::CannotTell);
    assert_eq!(scene.email().delivery_status, DeliveryStatus::Approved);
    assert_eq!((scene.audited(), scene.status()), (vec!["sent_again"], CampaignStatus::ReadyToSendEmail));
    let [event] = &scene.written.events[..] else { panic!("the sender is told") };
    assert_eq!(event.to_status, CampaignStatus::ReadyToSendEmail);
}

#[test]
fn after_an_opt_out_or_a_removal_an_unknown_outcome_is_held_and_ends_the_cycle() {
    for scene in [Scene::unsubscribed_live(), resend(Scene::unsubscribed_live()), Scene::removed_live()] {
        let mut scene = unknown(scene);
        let (status, slot) = (scene.status(), scene.slot());
        scene.dossier.campaign.last_sent_email_datetime = None;
        scene.now = a_day_later();
        scene.looked_up(LookUp::CannotTell);
        assert_eq!((scene.audited(), scene.status()), (vec!["held"], status));
        assert_eq!(scene.written_email().0, DeliveryStatus::Held);
        let campaign = &scene.dossier.campaign;
        let sent = Some(at(SLOT));
        assert_eq!((campaign.last_sent_email_datetime, &campaign.email_id), (sent, &None));
        assert_eq!(campaign.last_cycle, Some(LastCycle { slot, sent }));
        assert_eq!((scene.slot().at(), &scene.dossier.email), (at(NEXT_SLOT), &None));
    }
}

#[test]
fn a_held_email_never_hides_a_newer_sending() {
    let mut scene = unknown(Scene::unsubscribed_live());
    let newer = Some(at(SLOT) + minutes(1));
    scene.dossier.campaign.last_sent_email_datetime = newer;
    scene.now = a_day_later();
    scene.looked_up(LookUp::CannotTell);
    assert_eq!(scene.dossier.campaign.last_sent_email_datetime, newer);
}
