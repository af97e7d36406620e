use async_trait::async_trait;

use super::{Kept, MemoryStore, Relay};
use crate::{
    errors::PortResult,
    events::Event,
    ids::EventId,
    policy::{FARTHEST, after},
    ports::{EventBus, Outbox, OutboxEntry},
    schedule::Instant,
};

#[async_trait]
impl Outbox for MemoryStore {
    async fn unpublished(&self, limit: usize, now: Instant, until: Instant) -> PortResult<Vec<OutboxEntry>> {
        let mut state = self.lock();
        let far = after(now, FARTHEST);
        let there = |kept: &&mut Kept| match kept.relay {
            Relay::Waiting => true,
            Relay::InHand(until) => until <= now || until > far,
            Relay::Published => false,
        };
        let waiting = state.events.iter_mut().filter(there).take(limit);
        let taken = waiting.map(|kept| {
            kept.relay = Relay::InHand(until);
            OutboxEntry { id: kept.id.clone(), event: kept.event.clone() }
        });
        Ok(taken.collect())
    }

    async fn mark_published(&self, ids: &[EventId]) -> PortResult<()> {
        let ids: std::collections::HashSet<_> = ids.iter().collect();
        for kept in self.lock().events.iter_mut().filter(|kept| ids.contains(&kept.id)) {
            kept.relay = Relay::Published;
        }
        Ok(())
    }

    async fn give_back(&self, ids: &[EventId]) -> PortResult<()> {
        let ids: std::collections::HashSet<_> = ids.iter().collect();
        for kept in self.lock().events.iter_mut().filter(|kept| ids.contains(&kept.id)) {
            if matches!(kept.relay, Relay::InHand(_)) {
                kept.relay = Relay::Waiting;
            }
        }
        self.notify();
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
