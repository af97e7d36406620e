use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    errors::PortResult,
    events::Event,
    ids::EventId,
    ports::{EventBus, Outbox, OutboxEntry},
};

#[async_trait]
impl Outbox for MemoryStore {
    async fn unpublished(&self, limit: usize) -> PortResult<Vec<OutboxEntry>> {
        let state = self.lock();
        let waiting = state.events.iter().filter(|(_, _, published)| !published).take(limit);
        Ok(waiting.map(|(id, event, _)| OutboxEntry { id: id.clone(), event: event.clone() }).collect())
    }

    async fn mark_published(&self, ids: &[EventId]) -> PortResult<()> {
        let ids: std::collections::HashSet<_> = ids.iter().collect();
        for (id, _, published) in &mut self.lock().events {
            *published |= ids.contains(id);
        }
        Ok(())
    }

    async fn added(&self) {
        self.shared.arrived.notified().await;
    }
}

#[async_trait]
impl EventBus for MemoryStore {
    async fn publish(&self, events: &[Event]) -> Vec<PortResult<()>> {
        let results = {
            let mut state = self.lock();
            events
                .iter()
                .map(|event| {
                    state.deliver(event);
                    Ok(())
                })
                .collect()
        };
        self.notify();
        results
    }
}
