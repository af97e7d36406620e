//! What the processes of a simulation share: the in-memory store, or a real one.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};

use crate::{
    errors::PortResult,
    events::Event,
    ports::{
        AgentStore, AreaStore, CampaignStore, ContactStore, EmailStore, EventBus, EventQueue,
        MailAccountStore, NoticeStore, Outbox,
    },
    testkit::MemoryStore,
};

/// All stores and the queue in one.
pub trait Store:
    CampaignStore
    + EmailStore
    + AgentStore
    + ContactStore
    + AreaStore
    + MailAccountStore
    + NoticeStore
    + EventQueue
    + 'static
{
}

impl<S> Store for S where
    S: CampaignStore
        + EmailStore
        + AgentStore
        + ContactStore
        + AreaStore
        + MailAccountStore
        + NoticeStore
        + EventQueue
        + 'static
{
}

/// What the processes of a simulation share. See [`simulate_on`](super::simulate_on).
pub trait Database: Send + Sync {
    /// The store, as a process opens it when it starts. All of them are one store.
    ///
    /// # Errors
    /// It cannot be opened, which ends the simulation.
    fn connect(&self) -> PortResult<Arc<dyn Store>>;

    /// The queues, as a process opens them when it starts, where they are not the store's own. The store has an outbox then,
    /// see [`Database::relay`]. They must know what becomes visible next.
    ///
    /// # Errors
    /// They cannot be opened, which ends the simulation.
    fn queue(&self) -> PortResult<Option<Arc<dyn EventQueue>>> {
        Ok(None)
    }

    /// Carries a call of the store, the queues or the bus to its end, in this thread. One that does its work on other threads
    /// is waited for here, so that a simulation stays one thing after another.
    ///
    /// A call that is not over when this returns counts as failed.
    fn complete(&self, call: BoxFuture<'_, ()>);

    /// The outbox, and the bus that its events are published to. A store that keeps its queues beside its campaigns has
    /// none.
    fn relay(&self) -> Option<(Arc<dyn Outbox>, Arc<dyn EventBus>)> {
        None
    }

    /// How many events were ever committed, if it keeps them. Then each change of status must have one.
    fn event_count(&self) -> Option<usize> {
        None
    }

    /// The events that were committed after the first so many.
    fn events_from(&self, _first: usize) -> Vec<Event> {
        Vec::new()
    }
}

/// The in-memory store.
pub(super) struct Memory {
    /// As processes reach it: perhaps with a bug.
    store: MemoryStore,
    relayed: bool,
}

impl Memory {
    pub(super) fn new(relayed: bool, canary: Option<super::Canary>) -> Self {
        Self { store: MemoryStore::build(relayed, canary), relayed }
    }

    /// As the judge reads it.
    pub(super) fn truth(&self) -> Arc<dyn Store> {
        Arc::new(self.store.truth())
    }
}

impl Database for Memory {
    fn connect(&self) -> PortResult<Arc<dyn Store>> {
        Ok(Arc::new(self.store.clone()))
    }

    fn complete(&self, call: BoxFuture<'_, ()>) {
        // It never waits.
        let _ = call.now_or_never();
    }

    fn relay(&self) -> Option<(Arc<dyn Outbox>, Arc<dyn EventBus>)> {
        self.relayed.then(|| (Arc::new(self.store.clone()) as _, Arc::new(self.store.clone()) as _))
    }

    fn event_count(&self) -> Option<usize> {
        Some(self.store.event_count())
    }

    fn events_from(&self, first: usize) -> Vec<Event> {
        self.store.events_from(first)
    }
}
