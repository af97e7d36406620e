//! Who may send, and what an agent is called.

use chrono::TimeDelta;
use dripr_core::{
    agent::{Agent, Pause, PauseCause, Stop, Subscription},
    testkit::samples,
};

use crate::scene::{MADE, at};

fn agent(subscription_status: Subscription) -> Agent {
    Agent { subscription_status, ..samples::agent("agent", at(MADE)).unwrap() }
}

#[test]
fn a_name_is_both_names_without_a_space_too_many() {
    let mut agent = agent(Subscription::Active);
    assert_eq!(agent.full_name(), "Ana Ruiz");
    agent.last_name = String::new();
    assert_eq!(agent.full_name(), "Ana");
    agent.first_name = String::new();
    assert_eq!(agent.full_name(), "");
}

#[test]
fn a_late_payment_stops_mail_after_seven_days_to_the_millisecond() {
    let since = at("2026-03-01T08:30:00Z");
    let agent = agent(Subscription::PastDue { since });
    let end = at("2026-03-08T08:30:00Z");
    assert_eq!(agent.lapses_at(), Some(end));
    let late = Err("the agent's payment is more than 7 days late");
    for (now, expected) in [
        (since, Ok(())),
        (end - TimeDelta::milliseconds(1), Ok(())),
        (end, late),
        (end + TimeDelta::milliseconds(1), late),
    ] {
        assert_eq!(agent.may_send(now), expected, "{now}");
    }
}

#[test]
fn a_subscription_that_ended_stops_mail_and_one_that_is_paid_never_lapses() {
    for (subscription, expected) in [
        (Subscription::Active, Ok(())),
        (Subscription::Trialing, Ok(())),
        (Subscription::Canceled, Err("the agent's subscription has ended")),
        (Subscription::Unpaid, Err("the agent's subscription is unpaid")),
        (Subscription::None, Err("the agent has no subscription yet")),
        (Subscription::Incomplete, Err("the first payment of the agent's subscription is not made yet")),
        (
            Subscription::IncompleteExpired,
            Err("the agent's subscription has ended: its first payment was never made"),
        ),
        (Subscription::Paused, Err("the agent's subscription is paused")),
        (
            Subscription::Other,
            Err("the agent's subscription is in a state that this version of dripr does not know"),
        ),
    ] {
        let agent = agent(subscription);
        assert_eq!(agent.may_send(at(MADE)), expected);
        assert_eq!(agent.lapses_at(), None);
    }
}

#[test]
fn an_account_that_was_removed_sends_nothing_however_well_it_is_paid() {
    let mut agent = agent(Subscription::Active);
    agent.deleted_at = Some(at(MADE));
    assert_eq!(agent.may_send(at(MADE)), Err("the agent's account was removed"));
}

#[test]
fn an_account_that_is_banned_sends_nothing_however_well_it_is_paid() {
    let mut agent = agent(Subscription::Active);
    agent.banned = true;
    assert_eq!(agent.may_send(at(MADE)), Err("the agent's account is banned where they sign in"));
    agent.banned = false;
    assert_eq!(agent.may_send(at(MADE)), Ok(()));
}

#[test]
fn an_agent_without_a_postal_address_sends_nothing_however_well_they_pay() {
    let mut agent = agent(Subscription::Active);
    for nothing in ["", "  ", "\n\u{a0}"] {
        agent.postal_address = nothing.to_owned();
        assert_eq!(agent.stopped_by(at(MADE)), Some(Stop::NoPostalAddress));
    }
    agent.subscription_status = Subscription::Canceled;
    assert_eq!(agent.stopped_by(at(MADE)), Some(Stop::Canceled), "what the agent has to be told goes first");
    let all: Vec<Stop> = agent.stops(at(MADE)).collect();
    assert_eq!(all, [Stop::Canceled, Stop::NoPostalAddress], "and nothing is left out");
}

#[test]
fn what_an_admin_stopped_is_stopped_anew_by_whoever_else_lifts_it() {
    use PauseCause::{Admin, Complaints, Operator};

    let pause = |cause, detail: &str| Pause { since: at(MADE), cause, detail: detail.to_owned() };
    for first in [Admin, Operator, Complaints] {
        for second in [Admin, Operator, Complaints] {
            let mut agent = agent(Subscription::Active);
            assert!(agent.pause(pause(first, "first")));
            let replaced = first == Admin && second != Admin;
            assert_eq!(agent.pause(pause(second, "second")), replaced, "{second:?} after {first:?}");
            let detail = if replaced { "second" } else { "first" };
            assert_eq!(agent.paused.unwrap().detail, detail);
        }
    }
}

#[test]
fn states_are_stored_by_name_and_a_later_one_is_read() {
    let since = at("2026-03-01T08:30:00Z");
    for name in [
        "none",
        "active",
        "trialing",
        "past_due",
        "canceled",
        "unpaid",
        "incomplete",
        "incomplete_expired",
        "paused",
        "other",
    ] {
        let state = Subscription::named(name, since);
        assert_eq!(state.as_str(), name);
        let json = serde_json::to_value(state).unwrap();
        assert_eq!(json["status"], name);
        assert_eq!(serde_json::from_value::<Subscription>(json).unwrap(), state);
    }
    // As versions before wrote them.
    let stored = r#"{"status":"past_due","since":"2026-03-01T08:30:00Z"}"#;
    assert_eq!(serde_json::from_str::<Subscription>(stored).unwrap(), Subscription::PastDue { since });
    assert_eq!(Subscription::named("on_the_moon", since), Subscription::Other);
}

#[test]
fn decisions_look_at_some_things_only() {
    let known = agent(Subscription::Active);
    let changed = |change: fn(&mut Agent)| {
        let mut agent = known.clone();
        change(&mut agent);
        agent.decides_otherwise_than(&known)
    };
    assert!(changed(|agent| agent.subscription_status = Subscription::None));
    assert!(changed(|agent| agent.postal_address = String::new()));
    assert!(changed(|agent| agent.deleted_at = Some(at(MADE))));
    assert!(changed(|agent| agent.banned = true));
    assert!(!changed(|agent| agent.postal_address = "2 Sample Street".to_owned()));
    assert!(!changed(|agent| agent.first_name = "Anna".to_owned()));
}
