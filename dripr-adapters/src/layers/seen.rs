//! A mailer whose calls are counted and can be followed.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    email::OutgoingEmail,
    ports::{Clock, Inquiry, LookUp, Mailer, SendOutcome},
    schedule::Instant,
};
use tracing::Instrument;

use super::{
    Metrics,
    meter::{OK, span},
};

/// Counts each call to a mailer and gives it a span as [`Meter`](super::Meter) does, with nothing of the emails.
///
/// Handing emails over failed if the provider took none of them and refused none for its recipient: one email of many that it does
/// not want says nothing of the provider.
pub struct Seen {
    provider: &'static str,
    mailer: Arc<dyn Mailer>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    asks: bool,
}

impl Seen {
    /// The calls to a provider.
    pub fn new(
        provider: &'static str,
        mailer: Arc<dyn Mailer>,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
    ) -> Self {
        Self { provider, mailer, clock, metrics, asks: true }
    }

    /// Of one that cannot be asked what it has: that it cannot tell is no failure of it.
    #[must_use]
    pub fn without_look_ups(mut self) -> Self {
        self.asks = false;
        self
    }

    fn count(&self, operation: &'static str, failed: bool, throttled: bool, began: Instant) {
        let took = self.clock.now().signed_duration_since(began).to_std().unwrap_or_default();
        self.metrics.ended(self.provider, operation, (failed, throttled), took);
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("provider", &self.provider).finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for Seen {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let began = self.clock.now();
        let span = span(self.provider, "send");
        let outcomes = self.mailer.send(emails).instrument(span.clone()).await;
        // Of several emails the first that was not taken says most.
        let word = outcomes.iter().find_map(|outcome| match outcome {
            SendOutcome::Accepted { .. } => None,
            SendOutcome::NotSent { .. } => Some("not_sent"),
            SendOutcome::NeedsPeople { .. } => Some("needs_people"),
            SendOutcome::BadRecipient { .. } => Some("bad_recipient"),
            SendOutcome::Unknown { .. } => Some("unknown"),
        });
        span.record("outcome", word.unwrap_or(OK));
        let answered = |outcome: &SendOutcome| {
            matches!(outcome, SendOutcome::Accepted { .. } | SendOutcome::BadRecipient { .. })
        };
        let wants_a_pause =
            |outcome: &SendOutcome| matches!(outcome, SendOutcome::NotSent { not_before: Some(_), .. });
        let failed = !emails.is_empty() && !outcomes.iter().any(answered);
        let throttled = failed && outcomes.iter().any(wants_a_pause);
        self.count("send", failed, throttled, began);
        outcomes
    }

    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        let began = self.clock.now();
        let span = span(self.provider, "look_up");
        let answer = self.mailer.look_up(inquiry).instrument(span.clone()).await;
        let word = match &answer {
            LookUp::Accepted { .. } => OK,
            LookUp::NotAccepted => "not_found",
            LookUp::CannotTell => "unknown",
        };
        span.record("outcome", word);
        if self.asks {
            self.count("look_up", answer == LookUp::CannotTell, false, began);
        }
        answer
    }

    fn batch(&self) -> usize {
        self.mailer.batch()
    }

    fn settling_time(&self) -> Option<Duration> {
        self.mailer.settling_time()
    }
}
