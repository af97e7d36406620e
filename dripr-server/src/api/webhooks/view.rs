//! Endpoints and what became of messages, as the API shows them.

use chrono::{DateTime, Utc};
use dripr_core::webhooks::{Attempt, Delivery, Due, Endpoint, Outcome, Standing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::{
    reach::ReachView,
    version::{Versioned, tag},
};

/// An address that is told what happens, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookView {
    id: String,
    /// What a change of it names as `If-Match`.
    etag: String,
    /// What it is for.
    description: String,
    url: String,
    /// Whose agents it is told of.
    reach: ReachView,
    /// What it is told.
    kinds: Vec<String>,
    enabled: bool,
    /// Since when it is switched off.
    off_since: Option<DateTime<Utc>>,
    /// Why it is switched off, for people.
    off_because: Option<String>,
    /// Since when nothing has reached it.
    failing_since: Option<DateTime<Utc>>,
    /// Until when the secret before signs as well.
    former_secret_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    /// Who made it, if that was noted.
    #[schema(value_type = Option<String>)]
    created_by: Option<String>,
}

impl WebhookView {
    pub(super) fn of(endpoint: Endpoint) -> Self {
        Self {
            etag: tag(&endpoint.choices_mark()),
            id: endpoint.id.to_string(),
            description: endpoint.description,
            url: endpoint.url,
            reach: endpoint.reach.into(),
            kinds: endpoint.kinds.iter().map(|kind| kind.to_string()).collect(),
            enabled: endpoint.off.is_none(),
            off_since: endpoint.off.as_ref().map(|off| off.since),
            off_because: endpoint.off.map(|off| off.because.sentence().to_owned()),
            failing_since: endpoint.failing_since,
            former_secret_until: endpoint.former.map(|former| former.until),
            created_at: endpoint.created_at,
            created_by: endpoint.created_by.as_ref().map(crate::api::history::actor),
        }
    }

    /// The same with its ETag.
    pub(super) fn versioned(endpoint: Endpoint) -> Versioned<Self> {
        Versioned { version: endpoint.choices_mark(), shown: Self::of(endpoint) }
    }
}

/// An address with its secret, which is never shown again.
#[derive(Serialize, ToSchema)]
pub(super) struct ShownWebhook {
    pub(super) webhook: WebhookView,
    /// What messages are signed with; null if it was given.
    pub(super) secret: Option<String>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeliveryOutcomeView {
    /// It is tried, now or later.
    Waiting,
    /// It was taken.
    Delivered,
    /// It is not tried any more, unless it is replayed.
    Failed,
}

impl From<DeliveryOutcomeView> for Standing {
    fn from(view: DeliveryOutcomeView) -> Self {
        match view {
            DeliveryOutcomeView::Waiting => Self::Waiting,
            DeliveryOutcomeView::Delivered => Self::Delivered,
            DeliveryOutcomeView::Failed => Self::Failed,
        }
    }
}

impl From<Standing> for DeliveryOutcomeView {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Waiting => Self::Waiting,
            Standing::Delivered => Self::Delivered,
            Standing::Failed => Self::Failed,
        }
    }
}

/// What became of one message at one address.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeliveryView {
    /// The message's id: `webhook-id` in what is sent.
    message_id: String,
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "email.sent")]
    kind: String,
    /// When what it tells of happened.
    timestamp: DateTime<Utc>,
    outcome: DeliveryOutcomeView,
    /// When it is tried next; null unless it waits.
    next_attempt_at: Option<DateTime<Utc>>,
    /// How often it was tried.
    attempted: u32,
    /// The latest tries, the oldest first; 20 at most.
    attempts: Vec<AttemptView>,
}

/// One try.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttemptView {
    /// When it ended.
    at: DateTime<Utc>,
    took_ms: u64,
    /// The HTTP status of the answer; null if there was none.
    status: Option<u16>,
    /// Why there was no answer, for people.
    problem: Option<String>,
    next_attempt_at: Option<DateTime<Utc>>,
}

/// What became of one message, with what it says.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WholeDelivery {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// What happened, as it is sent.
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

impl DeliveryView {
    pub(super) fn of(delivery: Delivery) -> Self {
        Self {
            message_id: delivery.message_id.to_string(),
            kind: delivery.kind.to_string(),
            timestamp: delivery.at,
            outcome: delivery.standing.into(),
            next_attempt_at: delivery.due_at,
            attempted: delivery.attempted,
            attempts: delivery.attempts.into_iter().map(AttemptView::of).collect(),
        }
    }
}

impl AttemptView {
    fn of(attempt: Attempt) -> Self {
        let (status, problem) = match attempt.outcome {
            Outcome::Answered(status) => (Some(status), None),
            Outcome::Failed(trouble) => (None, Some(trouble.to_string())),
        };
        Self { at: attempt.at, took_ms: attempt.took_ms, status, problem, next_attempt_at: attempt.next_at }
    }
}

impl WholeDelivery {
    pub(super) fn of(due: Due) -> Self {
        Self { delivery: DeliveryView::of(due.delivery), data: due.message.data }
    }
}
