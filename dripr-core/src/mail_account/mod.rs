//! The agent's own mail account, by which their emails are sent once they have agreed to it.

mod connect_link;
mod resume;
mod route;

pub use connect_link::{ConnectLinks, UnusableConnectLink};
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
