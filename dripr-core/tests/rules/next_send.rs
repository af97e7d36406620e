//! When the next email leaves, as things stand.

use std::sync::Arc;

use dripr_core::{
    agent::Subscription,
    campaign::{Action, next_send_at},
    email::SuppressionCause,
    schedule::{Instant, SendingRules},
};

use crate::scene::{CLOSING, GRACE_END, MADE, NEXT_OPENING, NEXT_SLOT, SLOT, Scene, at, just_before};

fn next(scene: &Scene) -> Option<Instant> {
    next_send_at(&scene.dossier.campaign, &scene.facts())
}

#[test]
fn an_email_leaves_at_its_slot_however_far_it_is() {
    for scene in [
        Scene::new(),
        Scene::planned(),
        Scene::gathering(),
        Scene::analysing(),
        Scene::creating(),
        Scene::review(),
        Scene::ready(),
        Scene::sending(),
    ] {
        assert_eq!(next(&scene), Some(at(SLOT)), "{}", scene.status());
    }
    let mut late = Scene::sending();
    late.now = at(CLOSING);
    assert_eq!(next(&late), Some(at(NEXT_OPENING)));
}

#[test]
fn nothing_leaves_that_somebody_keeps_back() {
    let mut disabled = Scene::planned();
    disabled.did(Action::Disable);
    let mut unpaid = Scene::planned();
    Arc::make_mut(&mut unpaid.dossier.agent).subscription_status = Subscription::Unpaid;
    let mut removed = Scene::planned();
    removed.did(Action::Delete);
    let mut without_contact = Scene::planned();
    without_contact.dossier.contact.deleted_at = Some(at(MADE));
    let mut opted_out = Scene::planned();
    opted_out.did(Action::Suppress { cause: SuppressionCause::OptOut });
    for scene in [
        disabled,
        unpaid,
        removed,
        without_contact,
        opted_out,
        Scene::failed(),
        Scene::transmitting(),
        Scene::unknown(),
        Scene::unsubscribed_live(),
        Scene::removed_live(),
    ] {
        assert_eq!(next(&scene), None, "{}: {}", scene.status(), scene.explain().because);
    }
}

#[test]
fn an_agent_who_pays_too_late_sends_as_long_as_they_may() {
    let mut scene = Scene::planned();
    for (since, expected) in [("2026-03-05T15:00:01Z", Some(at(SLOT))), ("2026-03-05T15:00:00Z", None)] {
        let late = Subscription::PastDue { since: at(since) };
        Arc::make_mut(&mut scene.dossier.agent).subscription_status = late;
        assert_eq!(next(&scene), expected, "seven days since {since}");
    }
}

#[test]
fn the_first_email_waits_for_its_delay_and_a_deferral_is_waited_for() {
    let mut scene = Scene::ready();
    scene.dossier.campaign.enabled_at = at("2026-03-11T18:00:00Z");
    assert_eq!(next(&scene), Some(at("2026-03-12T18:00:00Z")));
    scene.dossier.campaign.send_not_before = Some(at("2026-03-14T16:30:00Z"));
    assert_eq!(next(&scene), Some(at("2026-03-14T16:30:00Z")));
}

#[test]
fn what_cannot_leave_within_its_grace_leaves_in_its_next_month() {
    let mut deferred = Scene::ready();
    deferred.dossier.campaign.send_not_before = Some(at(GRACE_END));
    assert_eq!(next(&deferred), Some(at(NEXT_SLOT)));
    let mut missed = Scene::planned();
    for now in [just_before(GRACE_END), at(GRACE_END)] {
        missed.now = now;
        assert_eq!(next(&missed), Some(at(NEXT_SLOT)), "{now}");
    }
}

#[test]
fn a_slot_that_is_about_to_move_counts_as_moved() {
    let mut scene = Scene::planned();
    let own = SendingRules::default().with_zone_name("Asia/Tokyo").unwrap();
    Arc::make_mut(&mut scene.dossier.agent).sending_rules = Some(own);
    assert_eq!(next(&scene), Some(at("2026-03-12T02:00:00Z")));
}
