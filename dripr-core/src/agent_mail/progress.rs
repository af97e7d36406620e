//! How a mail to an agent stands.

use serde::{Deserialize, Serialize};

use crate::schedule::Instant;

/// How a mail to an agent stands. The same protocol as a report's: claimed before it is sent, never sent twice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Progress {
    /// Not sent.
    #[default]
    Waiting,
    /// Not wanted.
    Skipped,
    /// Handed to the mailer, no answer stored yet.
    Transmitting {
        /// Which try.
        number: u32,
        /// When the try began.
        started_at: Instant,
        /// When the provider is asked, if there is no answer.
        lease_until: Instant,
        /// Since when the provider says that it does not have it; believed once it has said so again, later.
        #[serde(default)]
        absent_since: Option<Instant>,
    },
    /// The provider took it.
    Sent {
        /// When.
        at: Instant,
    },
    /// Nobody can tell.
    Held {
        /// Since when.
        since: Instant,
    },
    /// The provider refused it for good.
    Refused {
        /// Why, for people.
        reason: String,
    },
}
