//! An email that may have arrived: sent again once and as it is, or held; never replaced by another.

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_core::{
    agent::UnknownOutcome,
    campaign::{Action, CampaignStatus, LastCycle},
    email::{DeliveryStatus, SuppressionCause},
    ports::{LookUp, SendOutcome},
};

use crate::scene::{GRACE_END, NEXT_SLOT, SLOT, Scene, at};

const MAY_HAVE_ARRIVED: &str =
    "nobody could tell whether an earlier try arrived, and now it may not be sent again";

/// READY_TO_SEND_EMAIL, a day after an outcome that nobody can tell, of an agent who wants it sent again.
fn sent_again() -> Scene {
    let mut scene = Scene::unknown();
    Arc::make_mut(&mut scene.dossier.agent).unknown_outcome = UnknownOutcome::Resend;
    scene.now += TimeDelta::hours(24);
    scene.looked_up(LookUp::CannotTell);
    scene
}

/// The same, its second try in hand.
fn second_try() -> Scene {
    let mut scene = sent_again();
    scene.claim();
    scene
}

fn unknown(mut scene: Scene) -> Scene {
    scene.record(SendOutcome::Unknown { reason: "no answer".to_owned() }).unwrap();
    scene.now += TimeDelta::hours(24);
    scene
}

#[test]
fn an_email_that_is_sent_again_may_have_arrived_until_that_is_settled() {
    assert!(!Scene::ready().email().may_have_arrived(), "it was never tried");
    let mut refused = Scene::transmitting();
    refused.not_sent();
    assert!(!refused.email().may_have_arrived(), "its try was certainly not accepted");
    let mut scene = sent_again();
    assert!(scene.email().may_have_arrived());
    let stored = serde_json::to_value(scene.attempt()).unwrap();
    assert_eq!(stored["sent_again"], true);
    scene.claim();
    assert!(scene.attempt().sent_again && !scene.email().may_have_arrived(), "it is in hand");
    scene.not_sent();
    assert!(scene.email().may_have_arrived(), "this try did not arrive, the one before may have");
}

#[test]
fn what_nobody_can_tell_is_sent_again_once_and_then_held() {
    let mut scene = unknown(second_try());
    scene.looked_up(LookUp::CannotTell);
    let cause = "nobody could tell for a day whether the provider has it".to_owned();
    assert_eq!(scene.written_email(), (DeliveryStatus::Held, Some(cause)));
    assert_eq!((scene.audited(), scene.status()), (vec!["held"], CampaignStatus::Dormant));
}

#[test]
fn a_provider_that_never_got_it_settles_all_tries() {
    let mut scene = unknown(second_try());
    // An hour before the email is too old.
    scene.now -= TimeDelta::hours(1);
    scene.looked_up(LookUp::NotAccepted);
    scene.now = scene.attempt().look_up_at.unwrap();
    scene.looked_up(LookUp::NotAccepted);
    assert!(!scene.attempt().sent_again && !scene.email().may_have_arrived());
    let stored = serde_json::to_value(scene.attempt()).unwrap();
    assert!(stored.get("sent_again").is_none());
    scene.did(Action::Disable);
    assert_eq!(scene.written_email().0, DeliveryStatus::Superseded);
}

#[test]
fn whatever_keeps_it_from_being_sent_again_holds_it_and_it_counts_as_sent() {
    let zip_code = "98104".parse().unwrap();
    for (action, ends_in) in [
        (Action::Disable, CampaignStatus::Dormant),
        (Action::Skip { reason: None }, CampaignStatus::Dormant),
        (Action::EditIntro { of: None, text: Some("Hello".to_owned()) }, CampaignStatus::Dormant),
        (Action::EditHome { home: None, zip_code }, CampaignStatus::Dormant),
        (Action::Suppress { cause: SuppressionCause::OptOut }, CampaignStatus::Unsubscribed),
    ] {
        let mut scene = sent_again();
        let (slot, name) = (scene.slot(), format!("{action:?}"));
        scene.did(action);
        assert_eq!(
            scene.written_email(),
            (DeliveryStatus::Held, Some(MAY_HAVE_ARRIVED.to_owned())),
            "{name}"
        );
        assert!(scene.audited().contains(&"held"), "{name}");
        assert_eq!((scene.status(), scene.slot().at()), (ends_in, at(NEXT_SLOT)), "{name}");
        let sent = Some(at(SLOT));
        assert_eq!(scene.dossier.campaign.last_cycle, Some(LastCycle { slot, sent }), "{name}");
        assert_eq!(scene.dossier.campaign.last_sent_email_datetime, sent, "{name}");
        assert_eq!((&scene.dossier.email, &scene.dossier.campaign.email_id), (&None, &None), "{name}");
    }
}

#[test]
fn it_waits_to_be_sent_as_it_is_however_old_it_is_to_the_end_of_its_grace() {
    let mut scene = sent_again();
    scene.now = at("2026-03-20T16:00:00Z");
    assert_eq!(scene.decide(), None);
    scene.tick_at(GRACE_END);
    assert_eq!(scene.written_email().0, DeliveryStatus::Held);
    assert_eq!((scene.status(), scene.slot().at()), (CampaignStatus::Dormant, at(NEXT_SLOT)));
}

#[test]
fn after_an_opt_out_a_second_try_that_was_not_sent_is_held_for_the_sake_of_the_first() {
    let mut scene = second_try();
    scene.did(Action::Suppress { cause: SuppressionCause::OptOut });
    scene.not_sent();
    assert_eq!(scene.written_email(), (DeliveryStatus::Held, Some(MAY_HAVE_ARRIVED.to_owned())));
    assert_eq!(scene.audited(), ["not_sent", "held"]);
    let sent = scene.dossier.campaign.last_cycle.unwrap().sent;
    assert_eq!(sent, Some(at(SLOT) + TimeDelta::hours(24)));
    assert_eq!(scene.slot().at(), at(NEXT_SLOT));
}

#[test]
fn it_counts_as_a_sending_of_a_campaign_that_is_removed_and_a_refused_try_does_not() {
    let mut scene = sent_again();
    scene.did(Action::Delete);
    assert_eq!(scene.written_email().0, DeliveryStatus::Held);
    assert_eq!(scene.dossier.campaign.last_cycle.unwrap().sent, Some(at(SLOT)));
    let mut refused = Scene::transmitting();
    refused.not_sent();
    refused.did(Action::Delete);
    assert_eq!(refused.written_email().0, DeliveryStatus::Superseded);
    assert_eq!(refused.dossier.campaign.last_cycle, None);
}

#[test]
fn a_bad_recipient_of_the_second_try_after_an_opt_out_leaves_a_cycle_that_counts_as_sent() {
    let mut scene = second_try();
    scene.did(Action::Suppress { cause: SuppressionCause::OptOut });
    scene.record(SendOutcome::BadRecipient { reason: "no such mailbox".to_owned() }).unwrap();
    assert_eq!(scene.written.emails.last().unwrap().delivery_status, DeliveryStatus::Held);
    let campaign = &scene.dossier.campaign;
    assert!(campaign.last_cycle.is_some_and(|last| last.slot.at() == at(SLOT) && last.sent.is_some()));
    assert_eq!(scene.slot().at(), at(NEXT_SLOT));
}
