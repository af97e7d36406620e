//! What a clock that was years ahead left behind. Here it showed 2026; now it is 2016 again.

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_core::{
    campaign::{Action, CampaignStatus, Failure, LastCycle, Lease, Operation},
    email::{Attempt, DeliveryStatus},
    policy::{FARTHEST, after},
    ports::LookUp,
    schedule::{Instant, Slot},
};

use crate::scene::{SLOT, Scene, at, minutes};

const TODAY: &str = "2016-03-05T12:00:00Z";

/// The agent was there all the time.
fn back_in_2016(mut scene: Scene) -> Scene {
    Arc::make_mut(&mut scene.dossier.agent).created_at = at("2010-01-01T00:00:00Z");
    scene.now = at(TODAY);
    scene
}

fn slot_of(scene: &Scene) -> String {
    scene.slot().cycle().to_string()
}

#[test]
fn wherever_a_campaign_stood_its_slot_is_one_of_these_days_again() {
    for (name, scene, slot) in [
        ("planned", Scene::planned(), "2016-03-12"),
        ("gathering", Scene::gathering(), "2016-03-12"),
        ("analysing", Scene::analysing(), "2016-03-12"),
        ("creating", Scene::creating(), "2016-03-12"),
        ("ready", Scene::ready(), "2016-03-12"),
        ("review", Scene::review(), "2016-03-12"),
        ("sending", Scene::sending(), "2016-03-12"),
        ("failed", Scene::failed(), "2016-03-12"),
    ] {
        let mut scene = back_in_2016(scene);
        assert!(scene.deadline() > Some(after(scene.now, FARTHEST)), "{name}: it is found by its deadline");
        scene.tick();
        assert_eq!((scene.status(), slot_of(&scene).as_str()), (CampaignStatus::Dormant, slot), "{name}");
        assert_eq!(scene.audited().first(), Some(&"dates_taken_back"), "{name}");
        assert!(scene.deadline().unwrap() < at("2016-04-01T00:00:00Z"), "{name}");
        assert!(scene.dossier.campaign.created_at <= scene.now, "{name}");
        scene.tick();
        assert!(scene.written.is_empty(), "{name}: once is enough");
    }
}

#[test]
fn what_was_sent_counts_as_sent_today_so_that_the_gap_holds() {
    let mut sent = Scene::transmitting();
    sent.accepted();
    let mut sent = back_in_2016(sent);
    sent.tick();
    let campaign = &sent.dossier.campaign;
    assert_eq!(campaign.last_sent_email_datetime, Some(at(TODAY)));
    assert_eq!(campaign.last_cycle.unwrap().sent, Some(at(TODAY)));
    assert_eq!(campaign.last_cycle.unwrap().slot.cycle().to_string(), "2016-03-05");
    // A later month than today's, its day, and at least 14 days from now.
    assert_eq!(slot_of(&sent), "2016-04-12");
    let mut skipped = Scene::gathering();
    skipped.did(Action::Skip { reason: None });
    let mut skipped = back_in_2016(skipped);
    skipped.tick();
    assert_eq!(skipped.dossier.campaign.last_cycle.unwrap().sent, None);
    assert_eq!(slot_of(&skipped), "2016-04-12");
}

#[test]
fn whoever_has_the_email_in_hand_has_a_whole_lease_from_now() {
    for scene in [Scene::transmitting(), Scene::unsubscribed_live(), Scene::removed_live()] {
        let mut scene = back_in_2016(scene);
        scene.tick();
        let lease_until = at(TODAY) + TimeDelta::seconds(30);
        assert_eq!((scene.attempt().started_at, scene.attempt().lease_until), (at(TODAY), lease_until));
        assert_eq!(scene.email().delivery_status, DeliveryStatus::Transmitting);
        assert_eq!(scene.written_email().0, DeliveryStatus::Transmitting);
        scene.tick();
        assert!(scene.written.is_empty(), "once is enough");
        scene.now = lease_until;
        scene.tick();
        assert_eq!(scene.email().delivery_status, DeliveryStatus::Unknown);
    }
    let mut sent = back_in_2016(Scene::transmitting());
    sent.accepted();
    assert_eq!(sent.dossier.campaign.last_sent_email_datetime, Some(at(TODAY)));
    assert_eq!(slot_of(&sent), "2016-04-12");
}

#[test]
fn an_unknown_outcome_is_asked_about_soon_and_held_after_a_day_from_now() {
    let mut scene = back_in_2016(Scene::unknown());
    scene.tick();
    assert_eq!(scene.attempt().unknown_since, Some(at(TODAY)));
    scene.now = at(TODAY) + minutes(5);
    scene.tick();
    assert_eq!(scene.written.events.len(), 1, "the sender is told to ask");
    scene.now = at(TODAY) + TimeDelta::days(1);
    scene.looked_up(LookUp::CannotTell);
    assert_eq!(scene.audited(), ["held", "dates_taken_back"], "the slot that it was for is the last one now");
    assert_eq!(slot_of(&scene), "2016-04-12");
}

#[test]
fn each_date_is_taken_back_beyond_the_farthest_and_not_before() {
    let now = at(SLOT) - TimeDelta::days(2);
    let far = after(now, FARTHEST);
    type Set = fn(&mut Scene, Instant);
    type Get = fn(&Scene) -> Option<Instant>;
    let lease = now + minutes(5);
    let dates: [(&str, Set, Get, Instant); 10] = [
        ("created", |s, at| s.dossier.campaign.created_at = at, |s| Some(s.dossier.campaign.created_at), now),
        ("enabled", |s, at| s.dossier.campaign.enabled_at = at, |s| Some(s.dossier.campaign.enabled_at), now),
        (
            "since",
            |s, at| s.dossier.campaign.status_since = at,
            |s| Some(s.dossier.campaign.status_since),
            now,
        ),
        (
            "announced",
            |s, at| s.dossier.campaign.announced_at = Some(at),
            |s| s.dossier.campaign.announced_at,
            now,
        ),
        (
            "deferred",
            |s, at| s.dossier.campaign.send_not_before = Some(at),
            |s| s.dossier.campaign.send_not_before,
            now,
        ),
        (
            "last sent",
            |s, at| s.dossier.campaign.last_sent_email_datetime = Some(at),
            |s| s.dossier.campaign.last_sent_email_datetime,
            now,
        ),
        (
            "last cycle",
            |s, at| {
                s.dossier.campaign.last_cycle = Some(LastCycle { slot: s.slot(), sent: Some(at) });
            },
            |s| s.dossier.campaign.last_cycle.and_then(|last| last.sent),
            now,
        ),
        (
            "postponed",
            |s, at| s.dossier.campaign.operations[Operation::Intro].not_before = Some(at),
            |s| s.operation(Operation::Intro).not_before,
            now,
        ),
        (
            "in hand",
            |s, until| {
                s.dossier.campaign.operations[Operation::Intro].lease = Some(Lease { fence: 1, until })
            },
            |s| s.operation(Operation::Intro).lease.map(|lease| lease.until),
            lease,
        ),
        (
            "failed",
            |s, retry_at| {
                let (in_status, reason) = (CampaignStatus::WaitingForData, String::new());
                s.dossier.campaign.failure = Some(Failure { in_status, reason, retry_at });
            },
            |s| s.dossier.campaign.failure.as_ref().map(|failure| failure.retry_at),
            now,
        ),
    ];
    for (name, set, get, instead) in dates {
        for (date, expected) in [(far, far), (far + TimeDelta::milliseconds(1), instead)] {
            // Disabled, so that nothing else happens to it.
            let mut scene = Scene::planned();
            scene.did(Action::Disable);
            scene.now = now;
            set(&mut scene, date);
            scene.tick();
            assert_eq!(get(&scene), Some(expected), "{name}");
            assert_eq!(scene.audited().contains(&"dates_taken_back"), date != expected, "{name}");
        }
    }
}

#[test]
fn each_date_of_a_try_is_taken_back_alone_and_stored() {
    let now = at(SLOT) + TimeDelta::seconds(10);
    let far = after(now, FARTHEST);
    type Set = fn(&mut Attempt, Instant);
    type Get = fn(&Attempt) -> Option<Instant>;
    let dates: [(&str, Scene, Set, Get, Instant); 5] = [
        ("began", Scene::transmitting(), |a, at| a.started_at = at, |a| Some(a.started_at), now),
        (
            "in hand",
            Scene::transmitting(),
            |a, until| a.lease_until = until,
            |a| Some(a.lease_until),
            now + TimeDelta::seconds(30),
        ),
        ("asked about", Scene::unknown(), |a, at| a.look_up_at = Some(at), |a| a.look_up_at, now),
        ("absent", Scene::unknown(), |a, since| a.absent_since = Some(since), |a| a.absent_since, now),
        ("unknown", Scene::unknown(), |a, since| a.unknown_since = Some(since), |a| a.unknown_since, now),
    ];
    for (name, mut scene, set, get, instead) in dates {
        scene.now = now;
        set(scene.email_mut().attempt.as_mut().unwrap(), far);
        scene.tick();
        assert_eq!((get(&scene.attempt()), scene.written.emails.len()), (Some(far), 0), "{name}");
        set(scene.email_mut().attempt.as_mut().unwrap(), far + TimeDelta::milliseconds(1));
        scene.tick();
        assert_eq!(get(&scene.attempt()), Some(instead), "{name}");
        assert_eq!(scene.written.emails.last(), Some(&scene.email()), "{name}");
    }
}

#[test]
fn a_slot_that_alone_is_too_far_ahead_is_planned_again() {
    let mut scene = Scene::planned();
    let delay = TimeDelta::hours(scene.facts().rules.first_time_delay().hours().into());
    let farthest = after(scene.now, FARTHEST) + delay;
    scene.dossier.campaign.slot = Some(Slot::from_stored(farthest, scene.cycle()));
    scene.tick();
    assert_eq!((scene.slot().at(), scene.audited()), (farthest, vec![]));
    let too_far = farthest + TimeDelta::milliseconds(1);
    scene.dossier.campaign.slot = Some(Slot::from_stored(too_far, scene.cycle()));
    scene.tick();
    assert_eq!((scene.slot().at(), scene.audited()), (at(SLOT), vec!["dates_taken_back"]));
}

#[test]
fn the_first_slot_may_lie_farther_ahead_by_the_first_time_delay() {
    let mut scene = Scene::planned();
    let delay = TimeDelta::hours(scene.facts().rules.first_time_delay().hours().into());
    let earliest = at(SLOT) - TimeDelta::days(120) - delay;
    Arc::make_mut(&mut scene.dossier.agent).created_at = at("2010-01-01T00:00:00Z");
    scene.now = earliest;
    assert_eq!(
        scene.deadline(),
        Some(after(earliest, FARTHEST)),
        "it is looked at sooner, and not as a mistake"
    );
    scene.now = earliest - TimeDelta::milliseconds(1);
    assert!(scene.deadline() > Some(after(scene.now, FARTHEST)));
}

#[test]
fn a_clock_that_is_behind_changes_nothing() {
    // The agent is of 2026 too.
    for mut scene in [Scene::planned(), Scene::gathering(), Scene::sending(), Scene::transmitting()] {
        let before = scene.dossier.clone();
        scene.now = at(TODAY);
        scene.tick();
        assert!(scene.written.is_empty());
        assert_eq!(scene.dossier, before);
        assert_eq!(scene.deadline(), Some(after(at(TODAY), FARTHEST)), "it is looked at now and then");
    }
}

#[test]
fn a_clock_is_behind_until_the_moment_the_agent_was_registered() {
    for (registered_after, back) in [(TimeDelta::zero(), true), (TimeDelta::milliseconds(1), false)] {
        let mut scene = Scene::planned();
        scene.dossier.campaign.enabled_at = after(scene.now, FARTHEST) + minutes(1);
        Arc::make_mut(&mut scene.dossier.agent).created_at = scene.now + registered_after;
        scene.tick();
        assert_eq!(scene.dossier.campaign.enabled_at == scene.now, back);
    }
}
