//! The publishing side of events.

use async_trait::async_trait;

use crate::{errors::PortResult, events::Event};

/// Publishes events so that each reaches every queue it wakes, at least once.
///
/// A store that keeps its queues beside its campaigns needs none: there, event and change are one transaction.
/// Otherwise the engine relays the [`Outbox`](super::Outbox) to it.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Publishes events. The answer has an entry for each: after `Ok` it will be delivered, at least once; after an
    /// error it may have been, and publishing it again is right.
    async fn publish(&self, events: &[Event]) -> Vec<PortResult<()>>;
}
