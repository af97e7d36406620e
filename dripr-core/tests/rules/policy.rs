//! The numbers of a deployment.

use std::time::Duration;

use dripr_core::{
    policy::{Policy, after, before},
    schedule::Instant,
};

use crate::scene::{SLOT, at};

#[test]
fn an_attempt_is_left_alone_for_the_timeout_of_its_call_and_ten_seconds() {
    let policy = Policy { mail_timeout: Duration::from_secs(45), ..Policy::default() };
    assert_eq!(policy.attempt_lease(), Duration::from_secs(55));
}

#[test]
fn pauses_double_up_to_the_longest() {
    let policy = Policy::default();
    let seconds: Vec<_> = (0..=9).map(|failed| policy.pause(failed, 1.0).as_secs()).collect();
    assert_eq!(seconds, [30, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    assert_eq!(policy.pause(u8::MAX, 1.0), Duration::from_secs(3600));
}

#[test]
fn a_pause_is_spread_over_its_length_and_never_beyond() {
    let policy = Policy::default();
    for (fraction, seconds) in [(-1.0, 0), (0.0, 0), (0.5, 60), (1.0, 120), (2.0, 120)] {
        assert_eq!(policy.pause(3, fraction), Duration::from_secs(seconds), "{fraction}");
    }
}

#[test]
fn time_ends_where_its_last_instant_is() {
    let minute = Duration::from_secs(60);
    assert_eq!(after(at(SLOT), minute), at("2026-03-12T15:01:00Z"));
    assert_eq!(before(at(SLOT), minute), at("2026-03-12T14:59:00Z"));
    for endless in [Duration::MAX, Duration::from_secs(1 << 50)] {
        assert_eq!(after(at(SLOT), endless), Instant::MAX_UTC);
        assert_eq!(before(at(SLOT), endless), Instant::MIN_UTC);
    }
}

#[test]
fn durations_are_written_in_seconds_and_read_back() {
    let mut policy = Policy { hold_after: Duration::from_secs(7), ..Policy::default() };
    let written = serde_json::to_value(&policy).unwrap();
    assert_eq!(written["hold_after"], 7);
    assert_eq!(written["operation_lease"], 300);
    assert_eq!(serde_json::from_value::<Policy>(written).unwrap(), policy);
    policy.hold_after = Duration::from_secs(24 * 3600);
    assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), policy);
    assert!(serde_json::from_str::<Policy>(r#"{"hold": 7}"#).is_err());
}

#[test]
fn without_a_configuration_the_numbers_are_those_of_the_pages() {
    let policy = Policy::default();
    assert_eq!((policy.attempts, policy.vendor_calls, policy.model_calls), (5, 8, 4));
    let hours = |duration: Duration| duration.as_secs() / 3600;
    assert_eq!(
        (hours(policy.hold_after), hours(policy.retry_every), hours(policy.email_keeps)),
        (24, 24, 72)
    );
    assert_eq!((hours(policy.resend_pause), hours(policy.look_up_every)), (1, 1));
    assert_eq!(policy.operation_lease.as_secs(), 300);
}
