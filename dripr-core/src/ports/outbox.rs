//! Events that a store has committed and a bus has not got yet.

use async_trait::async_trait;

use crate::{errors::PortResult, events::Event, ids::EventId};

/// The outbox of a store whose queues are elsewhere.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Events that are not marked as published, the oldest first, at most `limit`.
    async fn unpublished(&self, limit: usize) -> PortResult<Vec<OutboxEntry>>;

    /// Marks events as published. Marking twice changes nothing.
    async fn mark_published(&self, ids: &[EventId]) -> PortResult<()>;

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
