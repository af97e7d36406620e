//! Events that a store has committed and a bus has not got yet.

use async_trait::async_trait;

use crate::{errors::PortResult, events::Event, ids::EventId, schedule::Instant};

/// The outbox of a store whose queues are elsewhere.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Events that are not marked as published and that nobody has in hand, the oldest first, at most `limit`. Until `until`
    /// they are in the caller's hand, so that of several relays each publishes others; what is not marked by then is
    /// there again. What is in hand for longer than [`FARTHEST`](crate::policy::FARTHEST) was taken by a wrong clock and is
    /// there too.
    async fn unpublished(&self, limit: usize, now: Instant, until: Instant) -> PortResult<Vec<OutboxEntry>>;

    /// Marks events as published. Marking twice changes nothing.
    async fn mark_published(&self, ids: &[EventId]) -> PortResult<()>;

    /// Gives events out of the caller's hand that could not be published: they are there again. What is marked stays so.
    async fn give_back(&self, ids: &[EventId]) -> PortResult<()>;

    /// Returns when something may have been added since it was first polled. It may return early; it may be dropped.
    async fn added(&self);
}

/// One event in the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxEntry {
    /// Its id.
    pub id: EventId,
    /// The event.
    pub event: Event,
}
