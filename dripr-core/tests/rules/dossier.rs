//! What executing a command does besides the command itself: versions, events, audit rows, and the email.

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_core::{
    agent::Subscription,
    campaign::{Action, CampaignStatus, Operation, Refusal, SubStatus},
    email::{DeliveryStatus, SuppressionCause},
    ids::EventId,
    ports::SendOutcome,
};

use crate::scene::{GRACE_END, PREPARATION, SLOT, Scene, at, minutes};

#[test]
fn a_command_that_changes_nothing_writes_nothing() {
    let mut scene = Scene::gathering();
    let before = scene.dossier.clone();
    scene.tick();
    assert!(scene.written.is_empty());
    assert_eq!(scene.dossier, before);
}

#[test]
fn a_change_makes_one_version_with_an_event_or_without() {
    let mut scene = Scene::gathering();
    scene.dossier.campaign.version = 7;
    scene.begin(Operation::Property).unwrap();
    assert_eq!(scene.dossier.campaign.version, 8);
    assert!(scene.written.campaign && scene.written.events.is_empty());
    scene.did(Action::Disable);
    assert_eq!(scene.dossier.campaign.version, 9);
    assert!(scene.written.campaign);
    assert_eq!(scene.written.events.len(), 1);
}

#[test]
fn a_change_of_status_is_announced_with_all_that_a_handler_needs() {
    let mut scene = Scene::planned();
    let (id, version) = (scene.dossier.campaign.id.clone(), scene.dossier.campaign.version);
    scene.tick_at(PREPARATION);
    assert_eq!(scene.dossier.campaign.version, version + 1);
    let [event] = &scene.written.events[..] else { panic!("one event") };
    assert_eq!(event.event_id, Some(EventId::of(&id, version + 1)));
    assert_eq!(
        (event.from_status, event.to_status),
        (CampaignStatus::Dormant, CampaignStatus::WaitingForData)
    );
    assert_eq!((event.timestamp, event.version), (at(PREPARATION), Some(version + 1)));
    assert_eq!((event.cycle, event.zip_code), (Some(scene.cycle()), scene.dossier.campaign.zip_code));
    assert_eq!(event.operations.as_deref(), Some(Operation::of_status(CampaignStatus::WaitingForData)));
}

#[test]
fn several_changes_at_once_have_a_version_and_an_event_each() {
    let mut scene = Scene::analysing();
    let version = scene.dossier.campaign.version;
    scene.dossier.campaign.operations[Operation::HomeReport].status = SubStatus::Ready;
    scene.dossier.campaign.operations[Operation::EmailCreation].status = SubStatus::Ready;
    scene.did(Action::Disable);
    let versions: Vec<_> = scene.written.events.iter().map(|event| event.version).collect();
    assert_eq!(versions, [Some(version + 1), Some(version + 2)]);
    assert_eq!(scene.dossier.campaign.version, version + 2);
}

#[test]
fn an_event_of_a_status_without_operations_names_none() {
    let mut scene = Scene::ready();
    scene.tick_at(SLOT);
    let [event] = &scene.written.events[..] else { panic!("one event") };
    assert_eq!((event.to_status, &event.operations), (CampaignStatus::ReadyToSendEmail, &None));
}

#[test]
fn skipped_cycles_have_an_audit_row_each_and_no_event() {
    let mut scene = Scene::planned();
    let version = scene.dossier.campaign.version;
    scene.tick_at("2026-04-26T22:00:00Z");
    assert_eq!(scene.audited(), ["cycle_skipped", "cycle_skipped"]);
    let cycles: Vec<_> = scene.written.audit.iter().map(|entry| entry.cycle.unwrap().to_string()).collect();
    assert_eq!(cycles, ["2026-03-12", "2026-04-12"]);
    assert!(scene.written.events.is_empty() && scene.written.campaign);
    assert_eq!(scene.dossier.campaign.version, version + 1);
}

#[test]
fn a_removed_campaign_takes_nothing_but_an_outcome() {
    let mut scene = Scene::removed_live();
    let id = scene.dossier.campaign.id.clone();
    let before = scene.dossier.clone();
    for action in [Action::Enable, Action::Disable, Action::Delete, Action::Retry] {
        assert_eq!(scene.run(action), Err(Refusal::NoCampaign(id.clone())));
        assert_eq!(scene.dossier, before);
        assert!(scene.written.is_empty());
    }
    scene.tick();
    scene.accepted();
    assert_eq!(scene.written_email(), (DeliveryStatus::Complete, None));
}

#[test]
fn a_refused_command_leaves_what_earlier_ones_wanted_written() {
    let mut scene = Scene::planned();
    let mut written = dripr_core::campaign::Amendment::default();
    let disable = scene.command(Action::Disable);
    scene.dossier.execute(&disable, &mut written).unwrap();
    let (before, wanted) = (scene.dossier.clone(), written.clone());
    let retry = scene.command(Action::Retry);
    assert!(scene.dossier.execute(&retry, &mut written).is_err());
    assert_eq!((scene.dossier, written), (before, wanted));
}

#[test]
fn an_attempt_counts_as_unknown_when_its_lease_runs_out() {
    let mut scene = Scene::transmitting();
    let until = at(SLOT) + TimeDelta::seconds(30);
    assert_eq!(scene.attempt().lease_until, until);
    scene.now = until - TimeDelta::milliseconds(1);
    scene.tick();
    assert_eq!(scene.email().delivery_status, DeliveryStatus::Transmitting);
    assert!(scene.written.is_empty());
    for now in [until, until + minutes(2)] {
        let mut scene = scene.clone();
        scene.now = now;
        scene.tick();
        assert_eq!(scene.email().delivery_status, DeliveryStatus::Unknown);
        assert_eq!(scene.attempt().unknown_since, Some(until));
        assert_eq!(scene.audited(), ["outcome_unknown"]);
        let cause = "the sender stopped before it stored the provider's answer";
        assert_eq!(scene.written_email(), (DeliveryStatus::Unknown, Some(cause.to_owned())));
        // Asked earlier, the provider might not show yet what it took.
        scene.now += minutes(1) - TimeDelta::milliseconds(1);
        scene.tick();
        assert!(scene.written.events.is_empty());
        scene.now += TimeDelta::milliseconds(1);
        scene.tick();
        let [event] = &scene.written.events[..] else { panic!("the sender is told to ask") };
        assert_eq!(event.to_status, CampaignStatus::ReadyToSendEmail);
    }
}

#[test]
fn a_cycle_that_ends_expires_what_waits_for_approval_and_skips_what_is_approved() {
    let late = "an email may go out at most 14 days late";
    for (mut scene, status, why) in [
        (Scene::review(), DeliveryStatus::Expired, "it was not approved in time"),
        (Scene::sending(), DeliveryStatus::Skipped, "it was not ready in time"),
    ] {
        scene.email_mut().created_at = at(GRACE_END);
        scene.now = at(GRACE_END);
        scene.tick();
        let cause = format!("{why}; {late}");
        assert_eq!(scene.written_email(), (status, Some(cause.clone())));
        assert_eq!(scene.dossier.email, None);
        assert_eq!(scene.audited(), ["cycle_skipped"]);
        assert_eq!(scene.written.audit[0].cause, Some(cause));
        assert!(scene.written.audit[0].email_id.is_some(), "the row names the email");
    }
}

#[test]
fn what_ends_a_cycles_work_says_so_on_its_email() {
    let skipped = |cause: &str| (DeliveryStatus::Skipped, Some(cause.to_owned()));
    let superseded = |cause: &str| (DeliveryStatus::Superseded, Some(cause.to_owned()));
    let day = dripr_core::schedule::SendDay::new(20).unwrap();
    let zip_code = "98104".parse().unwrap();
    for (action, expected, row) in [
        (Action::Disable, superseded("the campaign is disabled"), "stood_down"),
        (Action::EditSchedule { fixed_send_day: day }, superseded("the send date changed"), "rescheduled"),
        (Action::EditHome { home: None, zip_code }, superseded("the home changed"), "prepared_again"),
        (
            Action::Suppress { cause: SuppressionCause::Complaint },
            skipped("the recipient reported the mail as spam"),
            "unsubscribed",
        ),
    ] {
        let mut scene = Scene::ready();
        scene.did(action);
        assert_eq!(scene.written_email(), expected);
        assert_eq!((scene.audited().last().copied(), &scene.dossier.email), (Some(row), &None));
        assert_eq!(scene.dossier.campaign.email_id, None);
    }
}

#[test]
fn an_email_to_an_address_that_is_no_longer_right_is_made_again() {
    let other = || "kim@other.example".parse().unwrap();
    for (mut scene, status) in
        [(Scene::ready(), DeliveryStatus::Approved), (Scene::review(), DeliveryStatus::Created)]
    {
        assert_eq!(scene.email().delivery_status, status);
        scene.dossier.contact.email = other();
        scene.tick();
        let cause = "the recipient's address changed".to_owned();
        assert_eq!(scene.written_email(), (DeliveryStatus::Superseded, Some(cause)));
        assert_eq!((&scene.dossier.email, &scene.dossier.campaign.email_id), (&None, &None));
        assert_eq!(scene.status(), CampaignStatus::ReadyToCreateEmail);
        assert_eq!(scene.operation(Operation::EmailCreation).status, SubStatus::WaitingForData);
        let woken: Vec<_> = scene.written.events.iter().map(|event| event.operations.clone()).collect();
        assert_eq!(woken, [Some(vec![Operation::EmailCreation])]);
    }
    let mut live = Scene::transmitting();
    live.dossier.contact.email = other();
    live.tick();
    assert_eq!(live.email().delivery_status, DeliveryStatus::Transmitting);
    assert!(live.written.is_empty());
}

#[test]
fn a_failed_sending_whose_email_is_gone_goes_back_to_making_one() {
    let mut scene = Scene::transmitting();
    scene.record(SendOutcome::NeedsPeople { reason: "the key was refused".to_owned() }).unwrap();
    assert_eq!(scene.status(), CampaignStatus::Error);
    scene.dossier.contact.email = "kim@other.example".parse().unwrap();
    scene.did(Action::Retry);
    assert_eq!(scene.status(), CampaignStatus::ReadyToCreateEmail);
    assert_eq!(scene.operation(Operation::EmailCreation).status, SubStatus::WaitingForData);
    assert_eq!(scene.operation(Operation::HomeReport).status, SubStatus::Ready);
}

#[test]
fn every_turn_has_its_audit_row() {
    let mut scene = Scene::failed();
    assert_eq!(scene.audited(), ["failed"]);
    assert_eq!(scene.written.audit[0].cause.as_deref(), Some("the template is broken"));
    scene.did(Action::Retry);
    assert_eq!(scene.audited(), ["retried"]);
    scene.did(Action::Suppress { cause: SuppressionCause::OptOut });
    assert_eq!(scene.audited(), ["suppressed", "unsubscribed"]);
    scene.dossier.suppression = None;
    scene.tick();
    assert_eq!(scene.audited(), ["resubscribed"]);
    assert_eq!(scene.written.audit[0].cycle, None);
    assert_eq!(scene.status(), CampaignStatus::WaitingForData, "its preparation is due at once");
    Arc::make_mut(&mut scene.dossier.agent).subscription_status = Subscription::Unpaid;
    scene.tick();
    assert_eq!(scene.audited(), ["stood_down"]);
    assert_eq!(scene.written.audit[0].cause.as_deref(), Some("the agent's subscription is unpaid"));
    scene.tick();
    assert!(scene.written.is_empty(), "a dormant campaign only waits");
}
