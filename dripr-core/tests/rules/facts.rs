//! What a decision looks at: who may be worked for, when an email may leave, and when it is too old.

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_core::{
    agent::Subscription,
    campaign::Transition,
    email::{ApprovedBy, DeliveryStatus},
    schedule::{Delay, Instant, SendingRules},
};

use crate::scene::{
    CLOSING, GRACE_END, MADE, NEXT_OPENING, PREPARATION, SLOT, Scene, at, just_before, minutes,
};

fn may_leave(scene: &Scene) -> Option<Instant> {
    scene.facts().may_leave_at(&scene.dossier.campaign)
}

#[test]
fn a_campaign_may_run_when_it_is_enabled_and_has_a_contact_and_an_agent_who_may_send() {
    let may_run = |scene: &Scene| scene.facts().may_run(&scene.dossier.campaign);
    let mut scene = Scene::planned();
    assert_eq!(may_run(&scene), Ok(()));
    Arc::make_mut(&mut scene.dossier.agent).subscription_status = Subscription::Canceled;
    assert_eq!(may_run(&scene), Err("the agent's subscription has ended"));
    scene.dossier.contact.deleted_at = Some(at(MADE));
    assert_eq!(may_run(&scene), Err("the contact was removed"));
    scene.dossier.campaign.enabled = false;
    assert_eq!(may_run(&scene), Err("the campaign is disabled"));
}

#[test]
fn an_agents_own_rules_come_before_the_deployments() {
    let mut scene = Scene::planned();
    assert_eq!(scene.facts().rules, &scene.policy.rules);
    let own = SendingRules::default().with_zone_name("Asia/Tokyo").unwrap();
    Arc::make_mut(&mut scene.dossier.agent).sending_rules = Some(own);
    assert_eq!(scene.facts().rules, &own);
}

#[test]
fn an_email_leaves_at_its_slot_or_now_inside_the_window() {
    let mut scene = Scene::ready();
    for (now, expected) in [
        (at(PREPARATION), at(SLOT)),
        (just_before(SLOT), at(SLOT)),
        (at(SLOT) + minutes(7), at(SLOT) + minutes(7)),
        (at("2026-03-12T21:59:39.999Z"), at("2026-03-12T21:59:39.999Z")),
        // No call begins that could end after the closing: the timeout is 20 s.
        (at("2026-03-12T21:59:40Z"), at(NEXT_OPENING)),
        (at(CLOSING), at(NEXT_OPENING)),
    ] {
        scene.now = now;
        assert_eq!(may_leave(&scene), Some(expected), "{now}");
    }
    scene.dossier.campaign.slot = None;
    assert_eq!(may_leave(&scene), None);
}

#[test]
fn the_first_email_waits_a_day_from_the_enabling_and_later_ones_do_not() {
    let mut scene = Scene::ready();
    for (enabled, expected) in [
        ("2026-03-11T15:00:00Z", at(SLOT)),
        ("2026-03-11T15:00:00.001Z", at(SLOT) + TimeDelta::milliseconds(1)),
        ("2026-03-11T18:00:00Z", at("2026-03-12T18:00:00Z")),
        ("2026-03-12T10:00:00Z", at(NEXT_OPENING)),
    ] {
        scene.dossier.campaign.enabled_at = at(enabled);
        scene.dossier.campaign.last_sent_email_datetime = None;
        assert_eq!(may_leave(&scene), Some(expected), "{enabled}");
        scene.dossier.campaign.last_sent_email_datetime = Some(at("2026-02-12T16:00:00Z"));
        assert_eq!(may_leave(&scene), Some(at(SLOT)), "{enabled}, after a first one");
    }
}

#[test]
fn a_deferral_is_waited_for_and_one_that_is_over_is_not() {
    let mut scene = Scene::ready();
    for (until, expected) in [
        ("2026-03-12T14:00:00Z", SLOT),
        ("2026-03-14T16:30:00Z", "2026-03-14T16:30:00Z"),
        ("2026-03-14T23:00:00Z", "2026-03-15T15:00:00Z"),
    ] {
        scene.dossier.campaign.send_not_before = Some(at(until));
        assert_eq!(may_leave(&scene), Some(at(expected)), "{until}");
    }
}

fn too_old() -> Option<Transition> {
    let cause = "the email would be more than 3 days old when it leaves".to_owned();
    Some(Transition::PrepareAgain { cause })
}

/// An email that leaves at the slot and was made that long before it.
fn made_before_slot(age: TimeDelta) -> Scene {
    let mut scene = Scene::ready();
    scene.email_mut().created_at = at(SLOT) - age;
    scene
}

#[test]
fn an_email_that_would_be_older_than_three_days_is_made_again_a_lead_before_it_leaves() {
    let three_days = TimeDelta::hours(72);
    assert_eq!(made_before_slot(three_days).decide(), None);
    assert_eq!(made_before_slot(three_days).deadline(), Some(at(SLOT)));
    let mut old = made_before_slot(three_days + TimeDelta::milliseconds(1));
    old.now = just_before(PREPARATION);
    assert_eq!(old.decide(), None, "an email made again now would be as old");
    assert_eq!(old.deadline(), Some(at(PREPARATION)));
    old.now = at(PREPARATION);
    assert_eq!(old.decide(), too_old());
}

#[test]
fn an_email_made_again_is_never_itself_too_old_whatever_the_lead() {
    let mut old = made_before_slot(TimeDelta::hours(80));
    let rules = SendingRules::default().with_lead(Delay::from_hours(100));
    Arc::make_mut(&mut old.dossier.agent).sending_rules = Some(rules);
    let again = "2026-03-09T15:00:00Z";
    old.now = just_before(again);
    assert_eq!(old.decide(), None);
    assert_eq!(old.deadline(), Some(at(again)));
    old.now = at(again);
    assert_eq!(old.decide(), too_old());
}

#[test]
fn an_email_that_a_person_approved_or_has_still_to_approve_is_never_too_old() {
    let mut old = made_before_slot(TimeDelta::hours(100));
    assert_eq!(old.decide(), too_old());
    old.email_mut().delivery_status = DeliveryStatus::Created;
    assert_eq!(old.decide(), None);
    assert_eq!(old.deadline(), Some(at(GRACE_END)));
    old.email_mut().delivery_status = DeliveryStatus::Approved;
    old.email_mut().approval.as_mut().unwrap().by = ApprovedBy::User("agent".parse().unwrap());
    assert_eq!(old.decide(), None);
    assert_eq!(old.deadline(), Some(at(SLOT)));
    old.email_mut().approval = None;
    assert_eq!(old.decide(), None);
}

#[test]
fn an_approval_is_for_exactly_one_content() {
    let mut scene = Scene::ready();
    scene.now = at(SLOT);
    assert_eq!(scene.decide(), Some(Transition::Release));
    let approved = scene.email();
    scene.email_mut().content_hash = "00".repeat(32).parse().unwrap();
    assert_eq!(scene.decide(), None, "another content");
    scene.dossier.email = Some(approved.clone());
    scene.email_mut().delivery_status = DeliveryStatus::Created;
    assert_eq!(scene.decide(), None, "the approval was taken back");
    scene.dossier.email = Some(approved);
    scene.email_mut().approval = None;
    assert_eq!(scene.decide(), None, "no approval");
    scene.dossier.email = None;
    assert_eq!(scene.decide(), None, "no email");
}
