//! What was told of one subscription.

use serde::{Deserialize, Serialize};

use crate::{
    agent::Subscription,
    ids::{CustomerId, SubscriptionId, UserId},
    schedule::Instant,
};

/// What was told of one subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which subscription.
    pub subscription: SubscriptionId,
    /// Who pays.
    pub customer: CustomerId,
    /// Whose it is, where the subscription says so itself.
    pub user_id: Option<UserId>,
    /// When it happened, by the provider's clock.
    pub at: Instant,
    /// What of its life it tells.
    pub stage: Stage,
    /// How it stands; a late payment is late since [`Change::at`].
    pub status: Subscription,
}

/// What of a subscription's life a change tells. The order is that in which they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// That it was made.
    Created,
    /// Anything else.
    Updated,
    /// That it has ended.
    Deleted,
}

/// By which of two changes of one subscription the greater one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    has_ended: bool,
    at: Instant,
    stage: Stage,
    caution: u8,
}

impl Rank {
    pub(super) fn of(status: Subscription, at: Instant, stage: Stage) -> Self {
        Self { has_ended: status.has_ended(), at, stage, caution: status.caution() }
    }
}
