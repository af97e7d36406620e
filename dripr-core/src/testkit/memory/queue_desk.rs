use async_trait::async_trait;

use super::{MemoryStore, State, queue::Stored};
use crate::{
    errors::{Fault, PortError, PortResult},
    events::{Event, Queue},
    policy::{FARTHEST, after},
    ports::{DeadLetter, QueueDesk, Standing, Which},
    schedule::Instant,
};

/// What was parked, why, and when.
pub(super) struct Parked {
    pub(super) stored: Stored,
    pub(super) cause: String,
    pub(super) at: Instant,
}

#[async_trait]
impl QueueDesk for MemoryStore {
    async fn standing(&self, queue: Queue, now: Instant) -> PortResult<Standing> {
        let state = self.lock();
        let far = after(now, FARTHEST);
        let all = state.deliveries.range((queue, 0)..=(queue, u64::MAX));
        let mut standing =
            Standing { dead: ids(&state, queue, &Which::All).len() as u64, ..Standing::default() };
        for (_, stored) in all {
            match stored.visible_at {
                Some(at) if at > now && at <= far => standing.hidden += 1,
                at => {
                    standing.waiting += 1;
                    let since = at.filter(|at| *at <= now).unwrap_or(announced(&stored.event));
                    standing.waiting_since =
                        Some(standing.waiting_since.map_or(since, |longest| longest.min(since)));
                }
            }
        }
        Ok(standing)
    }

    async fn dead_letters(&self, queue: Queue, limit: usize) -> PortResult<Vec<DeadLetter>> {
        let state = self.lock();
        let mut parked: Vec<_> = state.parked.range((queue, 0)..=(queue, u64::MAX)).collect();
        parked.sort_by_key(|(_, parked)| parked.at);
        let letters = parked.into_iter().take(limit).map(|((_, id), parked)| {
            let payload = serde_json::to_vec(&parked.stored.event).map_err(|error| {
                PortError::new(Fault::Corrupt, "an event cannot be written as JSON").caused_by(error)
            })?;
            Ok(DeadLetter {
                id: id.to_string(),
                cause: Some(parked.cause.clone()),
                receive_count: parked.stored.receive_count,
                parked_at: Some(parked.at),
                payload,
            })
        });
        letters.collect()
    }

    async fn replay(&self, queue: Queue, which: &Which) -> PortResult<u64> {
        let replayed = {
            let mut state = self.lock();
            let ids = ids(&state, queue, which);
            for id in &ids {
                if let Some(parked) = state.parked.remove(&(queue, *id)) {
                    state.next_delivery += 1;
                    let id = state.next_delivery;
                    state.deliveries.insert((queue, id), Stored::new(parked.stored.event));
                }
            }
            ids.len() as u64
        };
        self.notify();
        Ok(replayed)
    }

    async fn discard(&self, queue: Queue, which: &Which) -> PortResult<u64> {
        let mut state = self.lock();
        let ids = ids(&state, queue, which);
        for id in &ids {
            state.parked.remove(&(queue, *id));
        }
        Ok(ids.len() as u64)
    }
}

fn ids(state: &State, queue: Queue, which: &Which) -> Vec<u64> {
    let parked = state.parked.range((queue, 0)..=(queue, u64::MAX));
    parked.map(|((_, id), _)| *id).filter(|id| which.names(&id.to_string())).collect()
}

fn announced(event: &Event) -> Instant {
    match event {
        Event::StatusChanged(change) => change.timestamp,
        Event::UserCreated(created) => created.timestamp,
    }
}
