//! One try at handing an email to a provider.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::EmailAddress;
use crate::{
    ids::{AttemptId, EmailId},
    schedule::Instant,
};

/// A try at sending. It is committed before the provider is called, so that no call goes unrecorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// Which try of its email this is, from 1.
    pub number: u32,
    /// Whoever holds the newest fence may record the outcome.
    pub fence: u64,
    /// The `Message-ID`, the same for every try of one email.
    pub message_id: MessageId,
    /// When it began; the sending's instant for every rule about time.
    pub started_at: Instant,
    /// When a try without an answer counts as unknown.
    pub lease_until: Instant,
    /// When the provider is asked next about an unknown outcome, and not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_up_at: Option<Instant>,
    /// Since when the outcome is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_since: Option<Instant>,
    /// Since when the provider says that it does not have it; believed once it has said so again, later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_since: Option<Instant>,
    /// Whether the email may have arrived by an earlier try: nobody could tell, and the agent wants such an email sent
    /// again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sent_again: bool,
}

/// A `Message-ID` header's value without its angle brackets (RFC 5322, section 3.6.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(String);

impl MessageId {
    /// The stable id of an email: the email's own id at the sender's domain.
    #[must_use]
    pub fn of(email: &EmailId, sender: &EmailAddress) -> Self {
        // A colon is allowed in ids but not in a dot-atom.
        Self(format!("{}@{}", email.as_str().replace(':', "_"), sender.domain()))
    }

    /// The id without angle brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
