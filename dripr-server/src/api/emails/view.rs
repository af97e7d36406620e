//! An email as the API shows one.

use chrono::{DateTime, Utc};
use dripr_core::{
    campaign::Actor,
    email::{DeliveryStatus, Email},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An email: made once, approved by its content, sent at most once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EmailView {
    id: String,
    agent_id: String,
    campaign_id: String,
    /// The month's send day that it is for.
    cycle: String,
    delivery_status: DeliveryStatusView,
    /// What exactly it says, to whom and from whom; an approval names it.
    content_hash: String,
    recipient: String,
    created_at: DateTime<Utc>,
    /// When it may leave at the earliest.
    scheduled_send_datetime: DateTime<Utc>,
    /// Who approved it.
    approved_by: Option<ApproverView>,
    approved_at: Option<DateTime<Utc>>,
    /// When it began to be handed to the mail provider.
    sent_at: Option<DateTime<Utc>>,
    /// When the latest try at sending it began, whatever became of that.
    tried_at: Option<DateTime<Utc>>,
    /// How many tries there were.
    tries: u32,
    /// Its `Message-ID`, without angle brackets, the same for every try: by it a mail provider's log is searched.
    message_id: Option<String>,
    /// What the mail provider calls it, if it took it and said so.
    provider_message_id: Option<String>,
    /// Why it was skipped, rejected, superseded or held.
    cause: Option<String>,
}

/// Who approved an email.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApproverView {
    /// `agent`: an agent who was signed in or followed a link, perhaps a team lead or an admin for another; `key`: a program;
    /// `operator`: who runs the deployment; `system`: nobody had to.
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    kind: ApproverKind,
    /// The id of the agent or the key.
    id: Option<String>,
}

/// What kind of approver it is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ApproverKind {
    Agent,
    Key,
    Operator,
    System,
}

impl ApproverView {
    fn of(actor: Actor) -> Self {
        let (kind, id) = match actor {
            Actor::User(id) => (ApproverKind::Agent, Some(id.to_string())),
            Actor::ApiKey(id) => (ApproverKind::Key, Some(id.to_string())),
            Actor::Operator => (ApproverKind::Operator, None),
            // Neither recipients nor providers approve.
            Actor::System | Actor::Recipient | Actor::Provider => (ApproverKind::System, None),
        };
        Self { kind, id }
    }
}

/// How the delivery of an email stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::api) enum DeliveryStatusView {
    Created,
    Approved,
    Rejected,
    Superseded,
    Expired,
    Skipped,
    Transmitting,
    Unknown,
    Held,
    Complete,
}

macro_rules! statuses {
    ($($name:ident),*) => {
        impl From<DeliveryStatus> for DeliveryStatusView {
            fn from(status: DeliveryStatus) -> Self {
                match status { $(DeliveryStatus::$name => Self::$name),* }
            }
        }
        impl From<DeliveryStatusView> for DeliveryStatus {
            fn from(status: DeliveryStatusView) -> Self {
                match status { $(DeliveryStatusView::$name => Self::$name),* }
            }
        }
    };
}

statuses!(Created, Approved, Rejected, Superseded, Expired, Skipped, Transmitting, Unknown, Held, Complete);

impl EmailView {
    pub(super) fn of(email: Email) -> Self {
        let complete = email.delivery_status == DeliveryStatus::Complete;
        Self {
            id: email.id.to_string(),
            agent_id: email.user_id.to_string(),
            campaign_id: email.campaign_id.to_string(),
            cycle: email.cycle.to_string(),
            delivery_status: email.delivery_status.into(),
            content_hash: email.content_hash.to_string(),
            recipient: email.recipient.as_str().to_owned(),
            created_at: email.created_at,
            scheduled_send_datetime: email.scheduled_send_datetime,
            approved_by: email.approval.as_ref().map(|approval| ApproverView::of(approval.approver())),
            approved_at: email.approval.as_ref().map(|approval| approval.at),
            sent_at: email.attempt.as_ref().filter(|_| complete).map(|attempt| attempt.started_at),
            tried_at: email.attempt.as_ref().map(|attempt| attempt.started_at),
            tries: email.attempt.as_ref().map_or(0, |attempt| attempt.number),
            message_id: email.attempt.map(|attempt| attempt.message_id.to_string()),
            provider_message_id: email.provider_message_id,
            cause: email.cause,
        }
    }
}
