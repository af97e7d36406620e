//! How a message stands with one endpoint.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Answer, Attempt, Kind, Message};
use crate::{
    ids::{WebhookId, WebhookMessageId},
    policy::after,
    schedule::Instant,
};

/// How long is waited before each try after the one before: the schedule of Standard Webhooks.
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability>
pub const PAUSES: [Duration; 10] = {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 3600;
    [
        Duration::ZERO,
        Duration::from_secs(5),
        Duration::from_secs(5 * MINUTE),
        Duration::from_secs(30 * MINUTE),
        Duration::from_secs(2 * HOUR),
        Duration::from_secs(5 * HOUR),
        Duration::from_secs(10 * HOUR),
        Duration::from_secs(14 * HOUR),
        Duration::from_secs(20 * HOUR),
        Duration::from_secs(24 * HOUR),
    ]
};

/// By how much of itself a pause is longer at most, so that what failed together does not come back together.
const SPREAD: f64 = 0.1;

/// How many of the latest attempts are kept.
pub const KEPT_ATTEMPTS: usize = 20;

/// How a message stands with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is tried, now or later.
    Waiting,
    /// The endpoint has it.
    Delivered,
    /// It is not tried any more, unless somebody asks for that.
    Failed,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// A message on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Where to.
    pub endpoint_id: WebhookId,
    /// What.
    pub message_id: WebhookMessageId,
    /// What it tells.
    pub kind: Kind,
    /// When that happened.
    pub at: Instant,
    /// How it stands.
    pub standing: Standing,
    /// When it is tried next, while it waits.
    pub due_at: Option<Instant>,
    /// How often it was tried since it was last begun.
    pub tries: u32,
    /// How often it was ever tried.
    pub attempted: u32,
    /// The latest attempts, the oldest first; at most [`KEPT_ATTEMPTS`].
    pub attempts: Vec<Attempt>,
}

/// A delivery with what is to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// How it stands.
    pub delivery: Delivery,
    /// What is sent.
    pub message: Message,
}

/// What came of one try, to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Of which message.
    pub message_id: WebhookMessageId,
    /// How often the message had been tried before.
    pub attempted: u32,
    /// When the try ended.
    pub at: Instant,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What the sender says.
    pub answer: Answer,
    /// A random number from 0 to below 1, which spreads what comes next.
    pub fraction: f64,
}

impl Delivery {
    /// A message that is to go to an endpoint at once.
    #[must_use]
    pub fn new(endpoint_id: WebhookId, message: &Message) -> Self {
        Self {
            endpoint_id,
            message_id: message.id.clone(),
            kind: message.kind,
            at: message.at,
            standing: Standing::Waiting,
            due_at: Some(message.at),
            tries: 0,
            attempted: 0,
            attempts: Vec::new(),
        }
    }

    /// Stores what came of a try: it is delivered, tried again later, or given up. `false`, and nothing changed, if another
    /// try was stored meanwhile.
    ///
    /// ```
    /// use dripr_core::{ids::{WebhookId, WebhookMessageId}, webhooks::{Answer, Delivery, Message, Outcome, Report, Standing}};
    /// let now = "2026-03-12T15:00:00Z".parse()?;
    /// let message = Message::test(WebhookMessageId::new("msg_1")?, now);
    /// let mut delivery = Delivery::new(WebhookId::new("crm")?, &message);
    /// let answer = Answer { outcome: Outcome::Answered(503), retry_after: None };
    /// let report = Report { message_id: message.id, attempted: 0, at: now, took_ms: 12, answer, fraction: 0.0 };
    /// assert!(delivery.record(&report));
    /// assert_eq!(delivery.due_at, Some("2026-03-12T15:00:05Z".parse()?));
    /// assert!(!delivery.record(&report));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn record(&mut self, report: &Report) -> bool {
        if report.attempted != self.attempted {
            return false;
        }
        let Answer { outcome, retry_after } = report.answer;
        self.attempted = self.attempted.saturating_add(1);
        self.tries = self.tries.saturating_add(1);
        let next = usize::try_from(self.tries).ok().and_then(|tries| PAUSES.get(tries));
        (self.standing, self.due_at) = match next {
            _ if outcome.is_taken() => (Standing::Delivered, None),
            Some(pause) if !outcome.is_gone() => {
                let fraction =
                    if report.fraction.is_finite() { report.fraction.clamp(0.0, 1.0) } else { 0.0 };
                let spread = pause.mul_f64(1.0 + SPREAD * fraction);
                let asked = retry_after.unwrap_or_default();
                (Standing::Waiting, Some(after(report.at, spread.max(asked))))
            }
            _ => (Standing::Failed, None),
        };
        let attempt = Attempt { at: report.at, took_ms: report.took_ms, outcome, next_at: self.due_at };
        self.attempts.push(attempt);
        let over = self.attempts.len().saturating_sub(KEPT_ATTEMPTS);
        self.attempts.drain(..over);
        true
    }

    /// Begins anew with a message; one that waits is tried now, and goes on from there. `false`, and nothing changed, if it is
    /// due already.
    pub fn replay(&mut self, now: Instant) -> bool {
        if self.standing == Standing::Waiting {
            let later = self.due_at.is_some_and(|due| due > now);
            if later {
                self.due_at = Some(now);
            }
            return later;
        }
        self.standing = Standing::Waiting;
        self.due_at = Some(now);
        self.tries = 0;
        true
    }
}
