//! Who may send, and what an agent is called.

use chrono::TimeDelta;
use dripr_core::{
    agent::{Agent, Subscription},
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
