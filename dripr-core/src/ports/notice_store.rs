//! Where it is kept what agents were told.

use async_trait::async_trait;

use crate::{
    agent_mail::{Notices, Standing},
    errors::PortResult,
    ids::UserId,
    schedule::Instant,
};

/// Keeps what agents were told, and finds those who may be to be told something.
///
/// Every agent has [`Notices`] from their registration on, due at once. They are due at once again when anything changes
/// that a [`Concern`](crate::agent_mail::Concern) is made of: the agent's subscription, pause, rules or removal, and
/// their mail account.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// What an agent was told.
    async fn notices(&self, user: &UserId) -> PortResult<Option<Notices>>;

    /// Agents at whom it is time to look, the earliest first, at most `limit`, each with all that is looked at. Times
    /// farther ahead than [`FARTHEST`](crate::policy::FARTHEST) were left behind by a wrong clock and have come.
    async fn due_notices(&self, now: Instant, limit: usize) -> PortResult<Vec<Standing>>;

    /// The earliest time at which to look at an agent, past or not.
    async fn next_notices_due(&self) -> PortResult<Option<Instant>>;

    /// Replaces an agent's notices if their stored version is the given one, and stores them with the next version.
    /// `false`, and nothing changed, if somebody else was faster, or there is no such agent.
    async fn put_notices(&self, notices: Notices) -> PortResult<bool>;
}
