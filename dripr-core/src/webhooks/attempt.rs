//! One try at telling an endpoint something.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::schedule::Instant;

/// The status by which an endpoint says that it is there no more (RFC 9110, section 15.5.11).
const GONE: u16 = 410;

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The endpoint answered with this HTTP status. Those of success take the message, all others do not.
    Answered(u16),
    /// There was no answer.
    Failed(Trouble),
}

impl Outcome {
    /// Whether the endpoint has the message.
    #[must_use]
    pub const fn is_taken(self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }

    /// Whether the endpoint says that it is there no more.
    #[must_use]
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Answered(GONE))
    }

    /// A word for counting: `taken`, `refused` or `failed`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Answered(200..=299) => "taken",
            Self::Answered(_) => "refused",
            Self::Failed(_) => "failed",
        }
    }
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The address is none that can be asked.
    #[error("the address cannot be asked")]
    Address,
    /// The address lies in a network that webhooks do not reach: this machine's, a private one, that of a cloud's metadata.
    #[error("the address leads to a private network")]
    PrivateAddress,
    /// The name is not known, or nobody answers there, or not over TLS with a certificate that is believed.
    #[error("the address cannot be reached")]
    Unreachable,
    /// There was no answer in time.
    #[error("there was no answer in time")]
    TimedOut,
    /// The connection ended before there was an answer.
    #[error("the connection broke off")]
    BrokenOff,
    /// The secret cannot be opened by a key of this deployment.
    #[error("the secret cannot be opened: the deployment's key is another one")]
    Secret,
}

/// One try at telling an endpoint something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it ended.
    pub at: Instant,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// When there is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Instant>,
}

/// What a sender says of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// What came of it.
    pub outcome: Outcome,
    /// How long the endpoint asks to wait before another.
    pub retry_after: Option<Duration>,
}

impl From<Trouble> for Answer {
    fn from(trouble: Trouble) -> Self {
        Self { outcome: Outcome::Failed(trouble), retry_after: None }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "HTTP {status}"),
            Self::Failed(trouble) => trouble.fmt(f),
        }
    }
}
