//! Work whose announcement was lost, deferred or abandoned.

use chrono::TimeDelta;
use dripr_core::{
    campaign::{Action, CampaignStatus, Operation, Provision, SubStatus},
    email::DeliveryStatus,
    schedule::Instant,
};

use crate::scene::{PREPARATION, SLOT, Scene, at, minutes};

/// So many minutes after the work began.
fn min(n: i64) -> Instant {
    at(PREPARATION) + minutes(n)
}

fn tick(scene: &mut Scene, now: Instant) {
    scene.now = now;
    scene.tick();
}

fn attempts(scene: &Scene, operation: Operation) -> u8 {
    scene.operation(operation).attempts
}

/// The operations that the last command announced, or none at all.
fn announced(scene: &Scene) -> Option<Vec<Operation>> {
    let [event] = &scene.written.events[..] else { return None };
    assert_eq!(event.from_status, event.to_status);
    assert_eq!(scene.dossier.campaign.announced_at, Some(scene.now));
    event.operations.clone()
}

#[test]
fn an_announcement_that_nobody_took_up_is_made_again_after_a_lease_and_counted() {
    let mut scene = Scene::analysing();
    tick(&mut scene, min(5) - TimeDelta::milliseconds(1));
    assert!(scene.written.is_empty());
    for n in 1..=4 {
        tick(&mut scene, min(5 * n));
        assert_eq!(announced(&scene), Some(vec![Operation::HomeReport]), "{n}");
        assert_eq!(i64::from(attempts(&scene, Operation::HomeReport)), n);
    }
}

#[test]
fn only_what_is_due_is_touched() {
    let (held, put_off, lost) = (Operation::Property, Operation::Intro, Operation::RecentSales);
    let mut scene = Scene::gathering();
    scene.finish(Operation::ActiveListings);
    scene.finish(Operation::LocalMarketData);
    scene.now = min(2);
    scene.begin(held).unwrap();
    let cycle = scene.cycle();
    let failure = Some("down".to_owned());
    scene.did(Action::Postpone { operation: put_off, cycle, until: min(8), failure });
    let all = |scene: &Scene| [held, put_off, lost].map(|operation| attempts(scene, operation));

    // Five minutes after the announcement: what nobody began was lost.
    tick(&mut scene, min(5));
    assert_eq!(announced(&scene), Some(vec![lost]));
    assert_eq!(all(&scene), [0, 1, 1]);
    assert_eq!(scene.operation(held).lease.map(|lease| lease.until), Some(min(7)));
    assert_eq!(scene.operation(put_off).not_before, Some(min(8)));

    tick(&mut scene, min(7) - TimeDelta::milliseconds(1));
    assert!(scene.written.is_empty());
    // The lease is over: its work was abandoned. What was just announced is given its time.
    tick(&mut scene, min(7));
    assert_eq!(announced(&scene), Some(vec![held, lost]));
    assert_eq!(all(&scene), [1, 1, 1]);
    assert_eq!(scene.operation(held).lease, None);

    // The retry has come: its failure was counted when it failed.
    tick(&mut scene, min(8));
    assert_eq!(announced(&scene), Some(vec![held, lost, put_off]));
    assert_eq!(all(&scene), [1, 1, 1]);
    assert_eq!(scene.operation(put_off).not_before, None);

    tick(&mut scene, min(13));
    assert_eq!(all(&scene), [2, 2, 2]);
}

#[test]
fn data_or_text_that_fails_five_times_is_left_out() {
    for (last_error, reason) in [
        (Some("the source is down"), "the source is down"),
        (None, "intro was begun 5 times and never finished"),
    ] {
        let (mut scene, operation) = (Scene::gathering(), Operation::Intro);
        scene.dossier.campaign.operations[operation].attempts = 4;
        scene.dossier.campaign.operations[operation].last_error = last_error.map(str::to_owned);
        tick(&mut scene, min(5));
        let state = scene.operation(operation);
        assert_eq!((state.status, state.attempts), (SubStatus::Ready, 5));
        assert_eq!(state.provision, Some(Provision::Omitted(reason.to_owned())));
        assert_eq!(announced(&scene).map(|operations| operations.len()), Some(4));
    }
}

#[test]
fn the_last_one_that_is_left_out_moves_the_campaign_on() {
    let mut scene = Scene::analysing();
    scene.dossier.campaign.operations[Operation::HomeReport].attempts = 4;
    tick(&mut scene, min(5));
    assert_eq!(scene.status(), CampaignStatus::ReadyToCreateEmail);
    assert_eq!(scene.written.events.len(), 1);
}

#[test]
fn an_email_that_cannot_be_made_five_times_takes_the_campaign_to_error() {
    let (mut scene, operation) = (Scene::creating(), Operation::EmailCreation);
    scene.dossier.campaign.operations[operation].attempts = 3;
    tick(&mut scene, min(5));
    assert_eq!((scene.status(), attempts(&scene, operation)), (CampaignStatus::ReadyToCreateEmail, 4));
    tick(&mut scene, min(10));
    assert_eq!(scene.status(), CampaignStatus::Error);
    assert_eq!(scene.operation(operation).status, SubStatus::Error);
    let failure = scene.dossier.campaign.failure.as_ref().unwrap();
    assert_eq!(failure.reason, "email_creation was begun 5 times and never finished");
    assert_eq!(failure.in_status, CampaignStatus::ReadyToCreateEmail);
}

#[test]
fn a_sender_that_does_not_come_is_called_again_after_a_lease() {
    let mut scene = Scene::sending();
    let lease = at(SLOT) + minutes(5);
    tick(&mut scene, lease - TimeDelta::milliseconds(1));
    assert!(scene.written.is_empty());
    tick(&mut scene, lease);
    let [event] = &scene.written.events[..] else { panic!("an announcement") };
    assert_eq!(event.to_status, CampaignStatus::ReadyToSendEmail);
    assert_eq!(scene.deadline(), Some(lease + minutes(5)));
}

#[test]
fn a_sender_is_called_when_a_deferral_is_over() {
    let mut scene = Scene::sending();
    let (email_id, until) = (scene.email().id, at(SLOT) + minutes(2));
    scene.did(Action::DeferSending { email_id, until, reason: "busy".to_owned() });
    tick(&mut scene, until - TimeDelta::milliseconds(1));
    assert!(scene.written.is_empty());
    tick(&mut scene, until);
    assert_eq!(scene.written.events.len(), 1);
}

#[test]
fn an_unknown_outcome_is_asked_about_at_its_time_and_again_after_a_lease() {
    for mut scene in [Scene::unknown(), {
        let mut scene = Scene::unsubscribed_live();
        scene.record(dripr_core::ports::SendOutcome::Unknown { reason: "no answer".to_owned() }).unwrap();
        scene
    }] {
        let (status, asked) = (scene.status(), at(SLOT) + minutes(1));
        tick(&mut scene, asked - TimeDelta::milliseconds(1));
        assert!(scene.written.is_empty());
        for n in 0..3 {
            let now = asked + minutes(5 * n);
            tick(&mut scene, now);
            assert_eq!(scene.email().delivery_status, DeliveryStatus::Unknown);
            assert_eq!(scene.attempt().look_up_at, Some(asked));
            assert_eq!(scene.deadline(), Some(now + minutes(5)));
            let [event] = &scene.written.events[..] else { panic!("the sender is told to ask") };
            assert_eq!((event.from_status, event.to_status), (status, status));
        }
    }
}
