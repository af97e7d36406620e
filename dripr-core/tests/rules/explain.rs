//! Why nothing happens.

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_core::{
    agent::Subscription,
    campaign::{Action, Operation, Phase, Stage},
    email::SuppressionCause,
    ports::SendOutcome,
};

use crate::scene::{CLOSING, MADE, NEXT_OPENING, PREPARATION, SLOT, Scene, at, just_before, minutes};

fn says(scene: &Scene, gate: &str, because: &str) {
    let explanation = scene.explain();
    assert_eq!((explanation.gate, explanation.because.as_str()), (gate, because));
    assert_eq!(explanation.status, scene.status());
    assert_eq!(explanation.next_look, scene.deadline());
}

#[test]
fn a_dormant_campaign_waits_for_its_slot() {
    says(&Scene::new(), "slot", "its first send date is about to be planned");
    let mut scene = Scene::planned();
    says(&scene, "slot", "the next email is for 2026-03-12; its preparation has not begun");
    assert_eq!(scene.explain().since, at(MADE));
    assert_eq!(scene.explain().next_look, Some(at(PREPARATION)));
    scene.now = at(PREPARATION);
    says(&scene, "due", "it is about to become WAITING_FOR_DATA");
}

#[test]
fn a_working_campaign_waits_for_its_operations() {
    let mut scene = Scene::gathering();
    says(&scene, "operations", "waits for property, active_listings, recent_sales, local_market_data, intro");
    let (cycle, until) = (scene.cycle(), scene.now + minutes(1));
    let failure = Some("the source is down".to_owned());
    scene.did(Action::Postpone { operation: Operation::Intro, cycle, until, failure });
    for operation in [Operation::Property, Operation::ActiveListings, Operation::RecentSales] {
        scene.finish(operation);
    }
    says(&scene, "operations", "waits for local_market_data, intro (last attempt: the source is down)");
    says(&Scene::analysing(), "operations", "waits for home_report");
    says(&Scene::creating(), "operations", "waits for email_creation");
    assert_eq!((scene.explain().phase, scene.explain().stage), (Phase::Processing, Stage::MarketData));
}

#[test]
fn an_email_waits_for_approval_since_it_was_made() {
    let mut scene = Scene::review();
    let made = at(PREPARATION) + minutes(7);
    scene.email_mut().created_at = made;
    scene.now = made + minutes(1);
    says(&scene, "approval", "the email waits for the agent's approval");
    assert_eq!(scene.explain().since, made);
    assert_eq!(scene.explain().phase, Phase::ReadyForReview);
}

#[test]
fn an_approved_email_waits_for_its_slot_since_its_status() {
    let mut scene = Scene::ready();
    scene.email_mut().created_at += minutes(7);
    says(&scene, "slot", "the email is ready and leaves at 2026-03-12 15:00:00 UTC");
    assert_eq!(scene.explain().since, at(PREPARATION));
}

#[test]
fn an_email_that_is_to_be_sent_waits_for_a_sender_a_window_or_a_deferral() {
    let mut scene = Scene::sending();
    says(&scene, "sender", "the email waits for a sender");
    assert_eq!(scene.explain().since, at(SLOT));
    scene.now = at("2026-03-12T21:59:39.999Z");
    says(&scene, "sender", "the email waits for a sender");
    for closed in [at("2026-03-12T21:59:40Z"), at(CLOSING), just_before(NEXT_OPENING)] {
        scene.now = closed;
        says(&scene, "window", "the sending window opens at 2026-03-13 15:00:00 UTC");
    }
    scene.now = at(NEXT_OPENING);
    says(&scene, "sender", "the email waits for a sender");
    let (email_id, until) = (scene.email().id, scene.now + minutes(5));
    scene.did(Action::DeferSending { email_id, until, reason: "the quota is used up".to_owned() });
    says(&scene, "deferred", "sending was put off: the quota is used up");
}

#[test]
fn an_email_in_hand_waits_for_the_provider() {
    let mut scene = Scene::transmitting();
    says(&scene, "transmitting", "the email is being handed to the mail provider");
    assert_eq!(scene.explain().since, at(SLOT));
    scene.now += TimeDelta::seconds(12);
    let unknown_since = scene.now;
    scene.record(SendOutcome::Unknown { reason: "no answer".to_owned() }).unwrap();
    scene.now += minutes(2);
    says(
        &scene,
        "unknown_outcome",
        "nobody knows yet whether the mail provider took the email; it is being asked",
    );
    assert_eq!(scene.explain().since, unknown_since);
}

#[test]
fn what_keeps_all_mail_back_comes_before_what_is_due() {
    let mut disabled = Scene::planned();
    disabled.did(Action::Disable);
    says(&disabled, "disabled", "the campaign is disabled");

    let mut unpaid = Scene::planned();
    Arc::make_mut(&mut unpaid.dossier.agent).subscription_status = Subscription::Unpaid;
    says(&unpaid, "agent", "the agent's subscription is unpaid");

    let mut contact = Scene::planned();
    contact.dossier.contact.deleted_at = Some(at(PREPARATION));
    says(&contact, "removed", "the contact was removed");
    assert_eq!(contact.explain().since, at(MADE));

    let mut suppressed = Scene::ready();
    suppressed.did(Action::Suppress { cause: SuppressionCause::Complaint });
    says(
        &suppressed,
        "suppressed",
        "no mail may go to this address: the recipient reported the mail as spam",
    );
    suppressed.dossier.suppression = None;
    says(&suppressed, "due", "it is about to become DORMANT");
}

#[test]
fn a_campaign_was_removed_when_it_was_removed_whatever_else_holds_it() {
    let mut scene = Scene::transmitting();
    scene.now += TimeDelta::seconds(5);
    scene.did(Action::Delete);
    says(&scene, "removed", "the campaign was removed");
    assert_eq!(scene.explain().since, at(SLOT) + TimeDelta::seconds(5));
}

#[test]
fn a_failed_campaign_says_what_failed() {
    let mut scene = Scene::failed();
    says(&scene, "failure", "the template is broken");
    assert_eq!(scene.explain().since, at(PREPARATION));
    scene.dossier.campaign.failure = None;
    says(&scene, "failure", "it failed");
}
