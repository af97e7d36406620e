//! Who agreed that an email may leave.

use serde::{Deserialize, Serialize};

use super::ContentHash;
use crate::{ids::UserId, schedule::Instant};

/// An agreement to one email with one content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who agreed.
    pub by: ApprovedBy,
    /// To exactly what.
    pub content_hash: ContentHash,
    /// When.
    pub at: Instant,
}

/// Who approved an email.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovedBy {
    /// Nobody had to: the campaign does not ask for approval.
    System,
    /// A user of the tenant.
    User(UserId),
}
