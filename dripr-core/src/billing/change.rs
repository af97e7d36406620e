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
    /// How it stood before, where the change is one of that and says so.
    pub from: Option<Subscription>,
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

/// By which of two changes of one subscription the greater one counts. Those of one moment are weighed against each other
/// ([`weighed`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    has_ended: bool,
    at: Instant,
    stage: Stage,
}

impl Moment {
    pub(super) fn of(status: Subscription, at: Instant, stage: Stage) -> Self {
        Self { has_ended: status.has_ended(), at, stage }
    }
}

/// What a change says of states: the one that it leads to, and the one that it leads from where it says so.
pub(super) type Step = (Subscription, Option<Subscription>);

/// How a subscription stands after all changes of one moment, in whichever order they are given: the most cautious of the
/// states that were not left as often as they were reached, and of all of them where each was.
pub(super) fn weighed(steps: &[Step]) -> Option<Subscription> {
    // Of each state another.
    let state = Subscription::caution;
    let was_left = |of: Subscription| {
        let from = |(_, from): &&Step| from.is_some_and(|from| state(from) == state(of));
        let reached = |(to, from): &&Step| from.is_some() && state(*to) == state(of);
        let left = steps.iter().filter(from).count();
        left > 0 && left >= steps.iter().filter(reached).count()
    };
    let all = || steps.iter().map(|(status, _)| *status);
    let stays = all().filter(|status| !was_left(*status)).max_by_key(|status| state(*status));
    stays.or_else(|| all().max_by_key(|status| state(*status)))
}
