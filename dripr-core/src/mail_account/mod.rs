//! The agent's own mail account, by which their emails are sent once they have agreed to it.

mod connect_link;
mod fall_back;
mod forget;
mod invite;
mod invited;
mod lose;
mod mark;
mod resume;
mod route;
mod tried_until;

pub use connect_link::{ConnectClaim, ConnectLinks, UnusableConnectLink};
pub use fall_back::fall_back;
pub use forget::forget;
pub use invite::{Invitation, invite};
pub use invited::{Invited, invited, may_invite};
pub use lose::lose;
pub use mark::{AccountMark, InvalidMark};
pub use resume::resume;
pub use route::ByMailAccount;
use serde::{Deserialize, Serialize};

use crate::{email::EmailAddress, ids::UserId, schedule::Instant};

/// An agent's own account at a mail provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAccount {
    /// The agent.
    pub user_id: UserId,
    /// The account's address, which emails come from.
    pub address: EmailAddress,
    /// What the agent agreed to, in the provider's words.
    pub scopes: Vec<String>,
    /// What new access is asked for with, sealed so that the database alone gives nobody access.
    pub refresh_token: SealedToken,
    /// Whether it can be used.
    pub grant: Grant,
    /// When the agent agreed last.
    pub connected_at: Instant,
    /// Whether an email that this account certainly did not send may go out by the deployment's own mailer.
    #[serde(default)]
    pub may_fall_back: bool,
    /// Until when it was allowed before, so that the deployment's mailer is still asked about what may have gone by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fell_back_until: Option<Instant>,
    /// Grows with every change.
    #[serde(default)]
    pub version: u64,
}

/// Whether the agent's consent still stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Grant {
    /// It does.
    Given,
    /// It was taken back or ran out: nothing is sent by the account until the agent agrees again.
    Revoked {
        /// Since when that is known.
        since: Instant,
        /// What the provider said, for people.
        reason: String,
    },
    /// The agent wants the account no more. Nothing can be done with it; it is only known that emails may have gone by it.
    Forgotten {
        /// No email that was tried later went by it.
        since: Instant,
    },
}

impl MailAccount {
    /// Whether emails go by it, or would if its agent agreed again.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        !matches!(self.grant, Grant::Forgotten { .. })
    }

    /// Whether the account can be used by the same consent as when it was read earlier: what the provider says of that one is
    /// said of this.
    #[must_use]
    pub fn is_of_the_consent_of(&self, earlier: &Self) -> bool {
        self.connected_at == earlier.connected_at
            && self.refresh_token == earlier.refresh_token
            && self.grant == Grant::Given
    }

    /// Whether an email may have gone by the account that was tried at an instant.
    pub(crate) fn may_have_sent_at(&self, instant: Instant) -> bool {
        !matches!(self.grant, Grant::Forgotten { since } if since <= instant)
    }

    /// Whether an email may have gone by the deployment's mailer that was tried at an instant.
    pub(crate) fn may_have_passed_over_at(&self, instant: Instant) -> bool {
        self.may_fall_back
            || !self.is_connected()
            || self.connected_at > instant
            || self.fell_back_until.is_some_and(|until| until > instant)
    }
}

/// A secret that was encrypted before it was stored. Only the key of the deployment opens it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedToken(pub Vec<u8>);

/// Not even the cipher text belongs into logs.
impl std::fmt::Debug for SealedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedToken({} bytes)", self.0.len())
    }
}
