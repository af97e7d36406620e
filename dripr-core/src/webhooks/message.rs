//! What is told, in the words in which it is sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Kind;
use crate::{
    email::{DeliveryStatus, Email, Suppression},
    feedback::{Feedback, Happening},
    ids::{CampaignId, ContactId, UserId, WebhookMessageId},
    schedule::Instant,
};

/// For how long messages are kept, with what became of them.
pub const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// Fields of what is told by which a person could be known.
const PERSONAL: [&str; 5] = ["recipient", "address", "because", "link", "user_agent"];

/// One thing that happened, as it is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id, by which receivers tell that they have it already.
    pub id: WebhookMessageId,
    /// What it tells.
    pub kind: Kind,
    /// When that happened.
    pub at: Instant,
    /// The agent whom it is about; a trial is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The campaign that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    /// The key of the address of the person whom it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_key: Option<String>,
    /// What happened: an object.
    pub data: Value,
}

impl Message {
    /// What is sent: `type`, `timestamp` and `data`.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        json!({ "type": self.kind, "timestamp": shown(self.at), "data": self.data }).to_string().into_bytes()
    }

    /// A trial.
    #[must_use]
    pub fn test(id: WebhookMessageId, at: Instant) -> Self {
        let data = json!({ "message": "This is a test." });
        Self { id, kind: Kind::Test, at, user_id: None, campaign_id: None, address_key: None, data }
    }

    /// How an email stands now, to be told as `kind`. `version` sets apart what happens to the same email more than once.
    #[must_use]
    pub fn of_email(kind: Kind, email: &Email, contact: &ContactId, at: Instant, version: &str) -> Self {
        let mut data = json!({
            "agent_id": email.user_id,
            "campaign_id": email.campaign_id,
            "contact_id": contact,
            "email_id": email.id,
            "recipient": email.recipient.as_str(),
            "cycle": email.cycle.to_string(),
            "status": email.delivery_status.as_str(),
            "scheduled_for": shown(email.scheduled_send_datetime),
            "because": email.cause,
        });
        if email.delivery_status == DeliveryStatus::Created
            && let Some(fields) = data.as_object_mut()
        {
            // What somebody who approves says that they saw.
            fields.insert("content_hash".to_owned(), json!(email.content_hash.to_string()));
        }
        Self {
            id: WebhookMessageId::of(&[kind.as_str(), email.id.as_str(), version]),
            kind,
            at,
            user_id: Some(email.user_id.clone()),
            campaign_id: Some(email.campaign_id.clone()),
            address_key: Some(email.recipient.key()),
            data,
        }
    }

    /// What came back of an email, where that is told by itself: an opt-out is told as one.
    #[must_use]
    pub fn of_feedback(feedback: &Feedback, email: &Email, contact: &ContactId) -> Option<Self> {
        let kind = Self::kind_of(feedback)?;
        let mut message = Self::of_email(kind, email, contact, feedback.at, feedback.id.as_str());
        let fields = message.data.as_object_mut()?;
        for told_elsewhere in ["because", "status", "scheduled_for"] {
            fields.remove(told_elsewhere);
        }
        if let Some(visitor) = feedback.visitor(email) {
            fields.insert("by".to_owned(), json!(visitor.as_str()));
        }
        match &feedback.what {
            Happening::Bounced(bounce) => {
                fields.insert("bounce".to_owned(), json!(bounce.kind));
                fields.insert("final".to_owned(), json!(bounce.kind.is_final()));
                fields.insert("because".to_owned(), json!(bounce.detail));
            }
            Happening::Clicked { .. } => {
                fields.insert("link".to_owned(), json!(feedback.link_for_others(email)));
            }
            Happening::Delivered
            | Happening::Opened { .. }
            | Happening::Complained
            | Happening::OptedOut
            | Happening::OptedIn => {}
        }
        Some(message)
    }

    /// As what it is told that something came back.
    #[must_use]
    pub fn kind_of(feedback: &Feedback) -> Option<Kind> {
        match &feedback.what {
            Happening::Delivered => Some(Kind::EmailDelivered),
            Happening::Bounced(_) => Some(Kind::EmailBounced),
            Happening::Complained => Some(Kind::EmailComplained),
            Happening::Opened { .. } => Some(Kind::EmailOpened),
            Happening::Clicked { .. } => Some(Kind::EmailClicked),
            Happening::OptedOut | Happening::OptedIn => None,
        }
    }

    /// That an address is not written to any more. `contact` is the agent's contact there, if there is one.
    #[must_use]
    pub fn of_suppression(suppression: &Suppression, contact: Option<&ContactId>) -> Self {
        let Suppression { user_id, address, cause, since, carried_from: _ } = suppression;
        let kind = Kind::ContactOptedOut;
        let since_micros = since.timestamp_micros().to_string();
        let parts = [kind.as_str(), user_id.as_str(), &address.key(), cause.as_str(), &since_micros];
        Self {
            id: WebhookMessageId::of(&parts),
            kind,
            at: *since,
            user_id: Some(user_id.clone()),
            campaign_id: None,
            address_key: Some(address.key()),
            data: json!({
                "agent_id": user_id,
                "contact_id": contact,
                "address": address.as_str(),
                "cause": cause.as_str(),
                "because": cause.sentence(),
            }),
        }
    }

    /// The message without the person: ids stay, and that something was taken out.
    #[must_use]
    pub fn erased(&self) -> Self {
        let mut erased = Self { address_key: None, ..self.clone() };
        if let Some(fields) = erased.data.as_object_mut() {
            for name in PERSONAL {
                if let Some(value) = fields.get_mut(name) {
                    *value = Value::Null;
                }
            }
            fields.insert("erased".to_owned(), Value::Bool(true));
        }
        erased
    }
}

/// An instant as it is told.
pub(super) fn shown(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}
