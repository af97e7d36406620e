use std::time::Duration;

use async_trait::async_trait;

use super::{MemoryStore, queue_desk::Parked};
use crate::{
    errors::PortResult,
    events::{Event, Queue},
    policy::{FARTHEST, after},
    ports::{Delivery, EventQueue, Receipt, Settlement},
    schedule::Instant,
};

pub(super) struct Stored {
    pub(super) event: Event,
    pub(super) visible_at: Option<Instant>,
    pub(super) receive_count: u32,
    fence: u64,
}

impl Stored {
    pub(super) fn new(event: Event) -> Self {
        Self { event, visible_at: None, receive_count: 0, fence: 0 }
    }
}

#[async_trait]
impl EventQueue for MemoryStore {
    async fn receive(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>> {
        let mut state = self.lock();
        let far = after(now, FARTHEST);
        let visible = state
            .deliveries
            .range_mut((queue, 0)..=(queue, u64::MAX))
            .filter(|(_, stored)| stored.visible_at.is_none_or(|at| at <= now || at > far));
        let received = visible.take(max).map(|((queue, id), stored)| {
            stored.visible_at = Some(after(now, visibility));
            stored.receive_count += 1;
            stored.fence += 1;
            let receipt = Receipt { queue: *queue, id: id.to_string(), fence: stored.fence };
            Delivery::new(receipt, Ok(stored.event.clone()), stored.receive_count)
        });
        Ok(received.collect())
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        let mut state = self.lock();
        for settlement in settlements {
            let receipt = settlement.receipt();
            let Ok(id) = receipt.id.parse::<u64>() else { continue };
            let key = (receipt.queue, id);
            if state.deliveries.get(&key).is_none_or(|stored| stored.fence != receipt.fence) {
                continue;
            }
            match settlement {
                Settlement::Done(_) => {
                    state.deliveries.remove(&key);
                }
                Settlement::Again(_, at) => {
                    if let Some(stored) = state.deliveries.get_mut(&key) {
                        stored.visible_at = Some(at);
                        // Given back: the receipt is worth nothing any more.
                        stored.fence += 1;
                    }
                }
                Settlement::Extend(_, at) => {
                    if let Some(stored) = state.deliveries.get_mut(&key) {
                        stored.visible_at = Some(at);
                    }
                }
                Settlement::Park(_, cause) => {
                    if let Some(stored) = state.deliveries.remove(&key) {
                        state.parked.insert(key, Parked { stored, cause, at: now });
                    }
                }
            }
        }
        Ok(())
    }

    async fn arrived(&self, _queues: &[Queue]) {
        self.shared.arrived.notified().await;
    }

    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        let state = self.lock();
        let of = state.deliveries.iter().filter(|((queue, _), _)| queues.contains(queue));
        Ok(of.map(|(_, stored)| stored.visible_at.unwrap_or(Instant::MIN_UTC)).min())
    }
}
