//! Small rules of the schedule; the great ones have tests of their own beside this one.

use std::time::Duration;

use chrono::NaiveDate;
use dripr_core::schedule::{Cycle, Delay, SendDay, SendingRules, Window};

use crate::scene::at;

#[test]
fn a_call_that_would_end_with_the_window_does_not_begin() {
    let (rules, timeout) = (SendingRules::default(), Duration::from_secs(30));
    let last = at("2026-07-18T21:59:29.999Z");
    let too_late = at("2026-07-18T21:59:30Z");
    let next = at("2026-07-19T15:00:00Z");
    assert!(rules.may_start(last, timeout) && !rules.may_start(too_late, timeout));
    assert_eq!((rules.start_at(last, timeout), rules.start_at(too_late, timeout)), (last, next));
    assert!(
        rules.may_start(next, timeout) && !rules.may_start(next - chrono::TimeDelta::nanoseconds(1), timeout)
    );
}

#[test]
fn what_rules_are_given_they_have() {
    let rules = SendingRules::default().with_minimum_gap_days(20).unwrap().with_grace_days(3).unwrap();
    assert_eq!((rules.minimum_gap_days(), rules.grace_days()), (20, 3));
    let widest = SendingRules::default().with_minimum_gap_days(28).unwrap().with_grace_days(14).unwrap();
    assert_eq!((widest.minimum_gap_days(), widest.grace_days()), (28, 14));
    assert!(rules.with_minimum_gap_days(29).is_err() && rules.with_grace_days(15).is_err());
}

#[test]
fn its_values_are_written_as_people_write_them() {
    assert_eq!(Delay::from_hours(72).to_string(), "72 h");
    assert_eq!(SendDay::new(5).unwrap().to_string(), "5");
    assert_eq!(Window::ELEVEN_TO_SIX.to_string(), "11:00-18:00");
    let date = NaiveDate::from_ymd_opt(2026, 3, 12).unwrap();
    assert_eq!(NaiveDate::from(Cycle::new(date)), date);
}
