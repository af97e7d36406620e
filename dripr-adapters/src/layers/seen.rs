//! A mailer whose calls can be followed.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    email::OutgoingEmail,
    ports::{Inquiry, LookUp, Mailer, SendOutcome},
};
use tracing::Instrument;

use super::meter::{OK, span};

/// Gives each call to a mailer a span as [`Meter`](super::Meter) does, with nothing of the emails.
pub struct Seen {
    provider: &'static str,
    mailer: Arc<dyn Mailer>,
}

impl Seen {
    /// The calls to a provider.
    pub fn new(provider: &'static str, mailer: Arc<dyn Mailer>) -> Self {
        Self { provider, mailer }
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
        outcomes
    }

    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        let span = span(self.provider, "look_up");
        let answer = self.mailer.look_up(inquiry).instrument(span.clone()).await;
        let word = match &answer {
            LookUp::Accepted { .. } => OK,
            LookUp::NotAccepted => "not_found",
            LookUp::CannotTell => "unknown",
        };
        span.record("outcome", word);
        answer
    }

    fn batch(&self) -> usize {
        self.mailer.batch()
    }

    fn settling_time(&self) -> Option<Duration> {
        self.mailer.settling_time()
    }
}
