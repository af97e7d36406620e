//! Sending only while it can be told what becomes of emails.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::channel;
use crate::{
    email::OutgoingEmail,
    policy::after,
    ports::{ChannelStore, Clock, Inquiry, LookUp, Mailer, SendOutcome},
};

/// When sending is tried again.
const PAUSE: Duration = Duration::from_secs(3600);

/// Hands emails to a mailer as long as its feedback channel works; bounces and complaints that nobody reads do harm that
/// cannot be undone.
pub struct WhileHeard {
    mailer: Arc<dyn Mailer>,
    store: Arc<dyn ChannelStore>,
    clock: Arc<dyn Clock>,
    channel: String,
    limit: Duration,
}

impl WhileHeard {
    /// Over a mailer; `channel` names the way by which its feedback comes, and may be silent for as long as `limit` after
    /// an email was sent.
    #[must_use]
    pub fn new(
        mailer: Arc<dyn Mailer>,
        store: Arc<dyn ChannelStore>,
        clock: Arc<dyn Clock>,
        channel: impl Into<String>,
        limit: Duration,
    ) -> Self {
        Self { mailer, store, clock, channel: channel.into(), limit }
    }
}

#[async_trait]
impl Mailer for WhileHeard {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let now = self.clock.now();
        let refuse = |reason: String| {
            let not_before = Some(after(now, PAUSE));
            vec![SendOutcome::NotSent { reason, not_before }; emails.len()]
        };
        let known = match self.store.channel(&self.channel).await {
            Ok(known) => known.unwrap_or_default(),
            Err(error) => return refuse(format!("it could not be told whether bounces are read: {error}")),
        };
        if let Some(reason) = known.is_broken(now, self.limit) {
            tracing::error!(reason, "nothing is sent: it cannot be told what becomes of emails");
            return refuse(format!("sending is paused: {reason}"));
        }
        let outcomes = self.mailer.send(emails).await;
        let accepted = outcomes.iter().any(|outcome| matches!(outcome, SendOutcome::Accepted { .. }));
        if accepted
            && known.unanswered_since.is_none()
            && let Err(error) = channel::sent(&*self.store, &self.channel, now).await
        {
            // The next one notes it.
            tracing::warn!(%error, "it could not be noted that emails were sent");
        }
        outcomes
    }

    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        self.mailer.look_up(inquiry).await
    }

    fn batch(&self) -> usize {
        self.mailer.batch()
    }

    fn settling_time(&self) -> Option<Duration> {
        self.mailer.settling_time()
    }
}
