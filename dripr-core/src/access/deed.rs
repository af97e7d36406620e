//! What was done about keys, webhooks and blocked addresses.

use serde::{Deserialize, Serialize};

use super::Reach;
use crate::{campaign::Actor, schedule::Instant};

/// One line of the history of what belongs to no single agent: that a key or a webhook was made, changed or taken away, or
/// an address blocked. It outlives what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Instant,
    /// Who.
    pub actor: Actor,
    /// What, as a short name such as `key_made`, `webhook_changed`.
    pub what: String,
    /// The id of the key or the webhook, or the address.
    pub about: String,
    /// How far that reaches: who reaches as far learns of it.
    pub reach: Reach,
    /// Why, or which part of it, for people; no personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}
