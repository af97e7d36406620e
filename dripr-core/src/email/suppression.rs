//! Addresses that must not be written to.

use serde::{Deserialize, Serialize};

use super::EmailAddress;
use crate::{ids::UserId, schedule::Instant};

/// Why an address gets no more mail from an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionCause {
    /// The mailbox does not exist. The agent may correct the address.
    HardBounce,
    /// The recipient opted out. Only the recipient can opt in again.
    OptOut,
    /// The recipient called it spam. Only the recipient can opt in again.
    Complaint,
}

impl SuppressionCause {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HardBounce => "hard_bounce",
            Self::OptOut => "opt_out",
            Self::Complaint => "complaint",
        }
    }

    /// Whether only the recipient takes it back, by the link in an email. An address to which mail came back may be written to
    /// again once it works.
    #[must_use]
    pub const fn is_recipients_own(self) -> bool {
        match self {
            Self::HardBounce => false,
            Self::OptOut | Self::Complaint => true,
        }
    }

    /// For people: what the recipient did.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::HardBounce => "mail to this address came back for good",
            Self::OptOut => "the recipient opted out",
            Self::Complaint => "the recipient reported the mail as spam",
        }
    }

    /// For people: why it stands against nothing any more.
    #[must_use]
    pub const fn ended_sentence(self) -> &'static str {
        match self {
            Self::HardBounce => "mail may go to this address again",
            Self::OptOut | Self::Complaint => "the recipient wants mail again",
        }
    }
}

/// An address that one agent must not write to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The tenant.
    pub user_id: UserId,
    /// The address; its [`EmailAddress::key`] decides.
    pub address: EmailAddress,
    /// Why.
    pub cause: SuppressionCause,
    /// Since when.
    pub since: Instant,
}
