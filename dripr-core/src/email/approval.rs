//! Who agreed that an email may leave.

use serde::{Deserialize, Serialize};

use super::ContentHash;
use crate::{campaign::Actor, ids::UserId, schedule::Instant};

/// An agreement to one email with one content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Whether anybody had to agree, and for whom they did.
    pub by: ApprovedBy,
    /// Who agreed, if that was noted: the agent, somebody who acts for them, a program or an operator. Versions before noted the
    /// agent alone, whoever it was; they read what has this, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// To exactly what.
    pub content_hash: ContentHash,
    /// When.
    pub at: Instant,
}

impl Approval {
    /// Who agreed, as far as it is known.
    #[must_use]
    pub fn approver(&self) -> Actor {
        match (&self.actor, &self.by) {
            (Some(actor), _) => actor.clone(),
            (None, ApprovedBy::System) => Actor::System,
            (None, ApprovedBy::User(agent)) => Actor::User(agent.clone()),
        }
    }
}

/// For whom an email was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovedBy {
    /// Nobody had to: the campaign does not ask for approval.
    System,
    /// Somebody did for this agent, or the agent themselves.
    User(UserId),
}
