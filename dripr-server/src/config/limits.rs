//! `[limits]`: how long, how often, how many. The defaults suit a deployment of any size.

use std::time::Duration;

use dripr_core::{policy::Policy, schedule::SendingRules};
use serde::Deserialize;

use super::ConfigProblem;

/// How long, how often, how many, as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Attempts of an operation before it gives up.
    pub attempts: u8,
    /// Pause after the first failed attempt; it doubles with each further one.
    pub backoff_seconds: u32,
    /// The longest pause between attempts.
    pub longest_backoff_seconds: u32,
    /// How long work in hand is left alone before it counts as abandoned.
    pub operation_lease_seconds: u32,
    /// How long a data provider may take to answer.
    pub data_timeout_seconds: u32,
    /// How long a writer may take to answer.
    pub writer_timeout_seconds: u32,
    /// How long a mailer may take to answer.
    pub mail_timeout_seconds: u32,
    /// Pause before a sending that was definitely not accepted is tried again.
    pub resend_pause_seconds: u32,
    /// When the provider is first asked about an unknown outcome.
    pub first_look_up_seconds: u32,
    /// How often the provider is asked after that.
    pub look_up_every_seconds: u32,
    /// How long an outcome may stay unknown before the email is held.
    pub hold_after_seconds: u32,
    /// How often a campaign in ERROR tries again by itself.
    pub retry_every_seconds: u32,
    /// How much older than its sending an automatically approved email may be.
    pub email_keeps_seconds: u32,
    /// Data provider calls a campaign may cost in a cycle.
    pub vendor_calls: u8,
    /// Writer calls a campaign may cost in a cycle.
    pub model_calls: u8,
    /// Sales and listings shown in a report.
    pub shown_homes: u8,
    /// The oldest shared content, in days, that stands in for today's.
    pub stale_after_days: u16,
    /// How long running work is waited for when the program is told to stop.
    pub drain_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let policy = Policy::default();
        let seconds = |pause: Duration| u32::try_from(pause.as_secs()).unwrap_or(u32::MAX);
        Self {
            attempts: policy.attempts,
            backoff_seconds: seconds(policy.backoff),
            longest_backoff_seconds: seconds(policy.longest_backoff),
            operation_lease_seconds: seconds(policy.operation_lease),
            data_timeout_seconds: seconds(policy.data_timeout),
            writer_timeout_seconds: seconds(policy.writer_timeout),
            mail_timeout_seconds: seconds(policy.mail_timeout),
            resend_pause_seconds: seconds(policy.resend_pause),
            first_look_up_seconds: seconds(policy.first_look_up),
            look_up_every_seconds: seconds(policy.look_up_every),
            hold_after_seconds: seconds(policy.hold_after),
            retry_every_seconds: seconds(policy.retry_every),
            email_keeps_seconds: seconds(policy.email_keeps),
            vendor_calls: policy.vendor_calls,
            model_calls: policy.model_calls,
            shown_homes: policy.shown_homes,
            stale_after_days: policy.stale_after_days,
            // Longer than a writer may take: what it wrote is paid for.
            drain_seconds: 75,
        }
    }
}

impl Limits {
    /// The numbers of the engine, checked against each other and the window.
    ///
    /// # Errors
    /// [`ConfigProblem`] naming the key.
    pub fn policy(&self, rules: SendingRules) -> Result<Policy, ConfigProblem> {
        let key = |name: &str| format!("limits.{name}");
        let at_least_one = [
            ("attempts", u32::from(self.attempts)),
            ("operation_lease_seconds", self.operation_lease_seconds),
            ("data_timeout_seconds", self.data_timeout_seconds),
            ("writer_timeout_seconds", self.writer_timeout_seconds),
            ("mail_timeout_seconds", self.mail_timeout_seconds),
            ("look_up_every_seconds", self.look_up_every_seconds),
            ("retry_every_seconds", self.retry_every_seconds),
            ("vendor_calls", u32::from(self.vendor_calls)),
            ("model_calls", u32::from(self.model_calls)),
        ];
        if let Some((name, _)) = at_least_one.into_iter().find(|(_, value)| *value == 0) {
            return Err(ConfigProblem::key(&key(name), "must be at least 1, not 0"));
        }
        let lease = self.operation_lease_seconds;
        for (name, timeout) in [
            ("data_timeout_seconds", self.data_timeout_seconds),
            ("writer_timeout_seconds", self.writer_timeout_seconds),
        ] {
            if timeout >= lease {
                let reason = format!("must be below operation_lease_seconds ({lease}), not {timeout}");
                return Err(ConfigProblem::key(&key(name), reason));
            }
        }
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let mail_timeout = seconds(self.mail_timeout_seconds);
        rules
            .check_timeout(mail_timeout)
            .map_err(|error| ConfigProblem::key("sending.closes, limits.mail_timeout_seconds", error))?;
        Ok(Policy {
            rules,
            attempts: self.attempts,
            backoff: seconds(self.backoff_seconds),
            longest_backoff: seconds(self.longest_backoff_seconds),
            operation_lease: seconds(lease),
            data_timeout: seconds(self.data_timeout_seconds),
            writer_timeout: seconds(self.writer_timeout_seconds),
            mail_timeout,
            resend_pause: seconds(self.resend_pause_seconds),
            first_look_up: seconds(self.first_look_up_seconds),
            look_up_every: seconds(self.look_up_every_seconds),
            hold_after: seconds(self.hold_after_seconds),
            retry_every: seconds(self.retry_every_seconds),
            email_keeps: seconds(self.email_keeps_seconds),
            vendor_calls: self.vendor_calls,
            model_calls: self.model_calls,
            shown_homes: self.shown_homes,
            stale_after_days: self.stale_after_days,
        })
    }

    /// How long running work is waited for when the program is told to stop.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.into())
    }
}
