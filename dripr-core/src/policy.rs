//! The numbers by which a deployment works. All have defaults; a deployment changes what it must.

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::schedule::{Instant, SendingRules};

/// No deadline, lease or delivery is stored for later than this from now; looking earlier does no harm. One that lies
/// farther ahead was stored while the clock was wrong, and is over.
///
/// It is longer than any two slots lie apart.
pub const FARTHEST: Duration = Duration::from_secs(120 * 24 * 3600);

/// How long at most passes before everything is looked at again although nothing called for it: another process may have
/// stored something.
pub const TICK: Duration = Duration::from_secs(60);

/// The numbers by which a deployment works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// When mail may leave, where an agent has no rules of their own.
    pub rules: SendingRules,
    /// Attempts of an operation before it gives up.
    pub attempts: u8,
    /// Pause after the first failed attempt; it doubles with each further one.
    #[serde(with = "seconds")]
    pub backoff: Duration,
    /// The longest pause between attempts.
    #[serde(with = "seconds")]
    pub longest_backoff: Duration,
    /// How long work in hand is left alone before it counts as abandoned.
    #[serde(with = "seconds")]
    pub operation_lease: Duration,
    /// How long a data provider may take to answer.
    #[serde(with = "seconds")]
    pub data_timeout: Duration,
    /// How long a writer may take to answer.
    #[serde(with = "seconds")]
    pub writer_timeout: Duration,
    /// How long a mailer may take to answer. No call starts later than this before the window closes.
    #[serde(with = "seconds")]
    pub mail_timeout: Duration,
    /// Pause before a sending that was definitely not accepted is tried again.
    #[serde(with = "seconds")]
    pub resend_pause: Duration,
    /// When the provider is first asked about an unknown outcome, and how long it may take to show what it took. A
    /// mailer that knows better has its own ([`Mailer::settling_time`](crate::ports::Mailer::settling_time)).
    #[serde(with = "seconds")]
    pub first_look_up: Duration,
    /// How often the provider is asked after that.
    #[serde(with = "seconds")]
    pub look_up_every: Duration,
    /// How long an outcome may stay unknown before the email is held.
    #[serde(with = "seconds")]
    pub hold_after: Duration,
    /// How often a campaign in ERROR tries again by itself.
    #[serde(with = "seconds")]
    pub retry_every: Duration,
    /// How much older than its sending an automatically approved email may be.
    #[serde(with = "seconds")]
    pub email_keeps: Duration,
    /// Data provider calls a campaign may cost in a cycle.
    pub vendor_calls: u8,
    /// Writer calls a campaign may cost in a cycle.
    pub model_calls: u8,
    /// Sales and listings shown in a report.
    pub shown_homes: u8,
    /// The oldest shared content, in days, that stands in for today's when that cannot be had.
    pub stale_after_days: u16,
}

impl Default for Policy {
    fn default() -> Self {
        let hour = Duration::from_secs(3600);
        Self {
            rules: SendingRules::default(),
            attempts: 5,
            backoff: Duration::from_secs(30),
            longest_backoff: hour,
            operation_lease: Duration::from_secs(300),
            data_timeout: Duration::from_secs(30),
            writer_timeout: Duration::from_secs(60),
            mail_timeout: Duration::from_secs(20),
            resend_pause: hour,
            first_look_up: Duration::from_secs(60),
            look_up_every: hour,
            hold_after: 24 * hour,
            retry_every: 24 * hour,
            email_keeps: 72 * hour,
            vendor_calls: 8,
            model_calls: 4,
            shown_homes: 10,
            stale_after_days: 45,
        }
    }
}

impl Policy {
    /// How long a sending attempt is left alone before its outcome counts as unknown: the call's timeout and 10 s.
    #[must_use]
    pub fn attempt_lease(&self) -> Duration {
        self.mail_timeout + Duration::from_secs(10)
    }

    /// How long a campaign's deadline may have passed before the campaign counts as stuck: as long as somebody may have it
    /// in hand, and two looks.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.operation_lease + 2 * TICK
    }

    /// How long a provider must have been without an email before it counts as not sent: as long as a call may be under
    /// way, and as long as the provider may take to show what it took.
    #[must_use]
    pub fn absence(&self) -> Duration {
        self.attempt_lease() + self.first_look_up
    }

    /// The pause before the attempt that follows `failed` failed ones: doubling, capped, and spread evenly over its
    /// whole length by `fraction` (0 to 1), so that many failures of one moment do not come back in one moment.
    ///
    /// ```
    /// use dripr_core::policy::Policy;
    /// let policy = Policy::default();
    /// assert_eq!(policy.pause(1, 1.0).as_secs(), 30);
    /// assert_eq!(policy.pause(3, 1.0).as_secs(), 120);
    /// assert_eq!(policy.pause(3, 0.5).as_secs(), 60);
    /// assert_eq!(policy.pause(200, 1.0).as_secs(), 3600);
    /// ```
    #[must_use]
    pub fn pause(&self, failed: u8, fraction: f64) -> Duration {
        let doublings = u32::from(failed.saturating_sub(1)).min(20);
        let full = self.backoff.saturating_mul(1 << doublings).min(self.longest_backoff);
        full.mul_f64(fraction.clamp(0.0, 1.0))
    }
}

/// The instant a duration after another, or the last instant there is.
#[must_use]
pub fn after(instant: Instant, pause: Duration) -> Instant {
    TimeDelta::from_std(pause)
        .ok()
        .and_then(|delta| instant.checked_add_signed(delta))
        .unwrap_or(Instant::MAX_UTC)
}

/// The instant a duration before another, or the first instant there is.
#[must_use]
pub fn before(instant: Instant, pause: Duration) -> Instant {
    TimeDelta::from_std(pause)
        .ok()
        .and_then(|delta| instant.checked_sub_signed(delta))
        .unwrap_or(Instant::MIN_UTC)
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(pause: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(pause.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}
