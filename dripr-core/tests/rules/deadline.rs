//! When a campaign is looked at again.

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_core::{
    agent::{PAST_DUE_GRACE, Subscription},
    campaign::{Action, CampaignStatus, Operation},
    email::SuppressionCause,
    schedule::Instant,
};

use crate::scene::{GRACE_END, MADE, PREPARATION, SLOT, Scene, at, minutes};

fn seconds_after(text: &str, seconds: i64) -> Instant {
    at(text) + TimeDelta::seconds(seconds)
}

#[test]
fn each_status_has_the_deadline_of_what_it_waits_for() {
    let mut with_approval = Scene::planned();
    with_approval.did(Action::RequireApproval { check_before_sending: true });
    for (name, scene, expected) in [
        ("a new campaign is to be planned at once", Scene::new(), at(MADE)),
        ("preparation begins a day before the slot", Scene::planned(), at(PREPARATION)),
        ("three days with approval", with_approval, at("2026-03-09T15:00:00Z")),
        ("an announcement may be lost", Scene::gathering(), seconds_after(PREPARATION, 300)),
        ("the same for the home report", Scene::analysing(), seconds_after(PREPARATION, 300)),
        ("the same for the email", Scene::creating(), seconds_after(PREPARATION, 300)),
        ("an approved email waits for its slot", Scene::ready(), at(SLOT)),
        ("an email that nobody approves waits for the grace", Scene::review(), at(GRACE_END)),
        ("the sender's announcement may be lost", Scene::sending(), seconds_after(SLOT, 300)),
        ("the lease of an attempt is 30 s", Scene::transmitting(), seconds_after(SLOT, 30)),
        ("the provider is asked after a minute", Scene::unknown(), seconds_after(SLOT, 60)),
        ("a failure is tried again after a day", Scene::failed(), at(PREPARATION) + TimeDelta::days(1)),
        ("the outcome is wanted after an opt-out", Scene::unsubscribed_live(), seconds_after(SLOT, 30)),
        ("and after a removal", Scene::removed_live(), seconds_after(SLOT, 30)),
    ] {
        assert_eq!(scene.deadline(), Some(expected), "{name}");
    }
}

#[test]
fn what_is_due_is_due_now() {
    let mut scene = Scene::planned();
    scene.now = at("2026-03-11T16:00:00Z");
    assert_eq!(scene.deadline(), Some(scene.now));
}

#[test]
fn where_only_somebodys_doing_can_help_there_is_no_deadline() {
    let mut disabled = Scene::planned();
    disabled.did(Action::Disable);
    let mut unsubscribed = Scene::planned();
    unsubscribed.did(Action::Suppress { cause: SuppressionCause::OptOut });
    let mut removed = Scene::planned();
    removed.did(Action::Delete);
    let mut removed_in_work = Scene::gathering();
    removed_in_work.did(Action::Delete);
    let mut removed_when_due = Scene::planned();
    removed_when_due.did(Action::Delete);
    removed_when_due.now = at(SLOT);
    let mut no_contact = Scene::planned();
    no_contact.dossier.contact.deleted_at = Some(at(MADE));
    let mut unpaid = Scene::planned();
    Arc::make_mut(&mut unpaid.dossier.agent).subscription_status = Subscription::Unpaid;
    for (name, scene) in [
        ("disabled", disabled),
        ("unsubscribed", unsubscribed),
        ("removed", removed),
        ("removed in work", removed_in_work),
        ("removed when due", removed_when_due),
        ("no contact", no_contact),
        ("unpaid", unpaid),
    ] {
        assert_eq!(scene.deadline(), None, "{name}");
    }
}

#[test]
fn the_earliest_of_what_operations_wait_for_counts() {
    let mut scene = Scene::gathering();
    let cycle = scene.cycle();
    let until = at(PREPARATION) + minutes(2);
    for operation in [Operation::Property, Operation::Intro] {
        scene.did(Action::Postpone { operation, cycle, until, failure: None });
    }
    assert_eq!(scene.deadline(), Some(until));
    scene.begin(Operation::Intro).unwrap();
    assert_eq!(scene.deadline(), Some(until), "property is still put off");
    scene.finish(Operation::Property);
    assert_eq!(scene.deadline(), Some(at(PREPARATION) + minutes(5)));
    for operation in [Operation::ActiveListings, Operation::RecentSales, Operation::LocalMarketData] {
        scene.finish(operation);
    }
    scene.dossier.campaign.operations[Operation::Intro].lease.as_mut().unwrap().until += minutes(3);
    assert_eq!(scene.deadline(), Some(at(PREPARATION) + minutes(8)), "a lease counts, not the announcement");
}

#[test]
fn a_deferral_waits_for_its_own_instant_and_an_announcement_for_its_lease() {
    let announced = at(SLOT);
    for (later, expected) in [
        (announced - minutes(1), announced + minutes(5)),
        (announced, announced + minutes(5)),
        (announced + TimeDelta::milliseconds(1), announced + TimeDelta::milliseconds(1)),
        (announced + minutes(3), announced + minutes(3)),
        (announced + minutes(9), announced + minutes(9)),
    ] {
        let mut scene = Scene::sending();
        assert_eq!(scene.dossier.campaign.announced_at, Some(announced));
        scene.dossier.campaign.send_not_before = Some(later);
        assert_eq!(scene.deadline(), Some(expected), "{later}");
    }
}

#[test]
fn an_announcement_that_no_window_follows_waits_for_the_next_one() {
    let mut scene = Scene::sending();
    scene.now = at("2026-03-12T21:59:40Z");
    assert_eq!(scene.deadline(), Some(at("2026-03-13T15:00:00Z")));
}

#[test]
fn a_lapsing_subscription_is_looked_at_when_it_lapses_but_not_while_an_attempt_is_live() {
    let lapses = at(SLOT) + TimeDelta::seconds(10);
    let mut scene = Scene::sending();
    let since = lapses - TimeDelta::from_std(PAST_DUE_GRACE).unwrap();
    Arc::make_mut(&mut scene.dossier.agent).subscription_status = Subscription::PastDue { since };
    assert_eq!(scene.deadline(), Some(lapses));
    scene.claim();
    assert_eq!(scene.deadline(), Some(seconds_after(SLOT, 30)));
    assert_eq!(scene.status(), CampaignStatus::ReadyToSendEmail);
}

#[test]
fn a_failure_past_its_grace_is_not_waited_for() {
    let mut scene = Scene::failed();
    scene.dossier.campaign.failure.as_mut().unwrap().retry_at = at("2026-04-01T00:00:00Z");
    assert_eq!(scene.deadline(), Some(at(GRACE_END)));
}
