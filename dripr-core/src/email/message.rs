//! What an email says, and what is handed to a mailer.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{EmailAddress, MessageId};
use crate::{
    ids::{AttemptId, CampaignId, EmailId, UserId},
    schedule::Instant,
};

/// A name and an address. The name is any text; mailers encode it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The name shown; empty for none.
    pub name: String,
    /// The address.
    pub address: EmailAddress,
}

/// An email's text, rendered once and stored. What was approved is, byte for byte, what a mailer gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The agent.
    pub from: Party,
    /// The homeowner, the only recipient.
    pub to: Party,
    /// The subject line, any text.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain-text part.
    pub text: String,
    /// The one-click opt-out address for `List-Unsubscribe` (RFC 8058); also a link in both parts. Absent only in mail
    /// to agents about their own account.
    pub opt_out_link: Option<String>,
    /// The address to which a mail with a certain subject opts out, as a `mailto:` link for `List-Unsubscribe`, where the
    /// deployment receives mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_out_mailto: Option<String>,
}

/// One email as a mailer gets it.
#[derive(Debug, Clone)]
pub struct OutgoingEmail {
    /// The email's id.
    pub email_id: EmailId,
    /// The try's id, for a provider's metadata.
    pub attempt_id: AttemptId,
    /// The campaign, for a provider's metadata; absent for mail to agents.
    pub campaign_id: Option<CampaignId>,
    /// The tenant on whose account mail is sent.
    pub user_id: UserId,
    /// The stable `Message-ID`.
    pub message_id: MessageId,
    /// The instant of sending, for `Date`.
    pub date: Instant,
    /// What it says.
    pub message: Arc<Message>,
}
