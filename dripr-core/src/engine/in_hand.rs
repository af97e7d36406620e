//! Deliveries that are being worked on, kept from coming again for as long as the work goes on.
//!
//! Work that ends soon costs one settling and nothing else. Work that does not is told to the queue with every third of
//! the deliveries' visibility: what is still in hand is extended, and what is finished by then is settled in the same
//! call, so that nothing waits for the slowest of its batch.

use std::{
    collections::BTreeSet,
    mem,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::{Either, select};

use super::Engine;
use crate::{
    policy::after,
    ports::{Delivery, Receipt, Settlement},
    schedule::Instant,
};

/// So many beats are in one visibility: two may be lost before a delivery comes again.
const BEATS: u32 = 3;
/// However short the visibility is, the queue is told no more often.
const SHORTEST_BEAT: Duration = Duration::from_secs(1);

/// The deliveries of one receive.
pub(super) struct InHand(Mutex<State>);

struct State {
    /// In order, so that the same seed tells the queue the same.
    working: BTreeSet<Receipt>,
    finished: Vec<Settlement>,
}

impl InHand {
    pub(super) fn new(deliveries: &[Delivery]) -> Self {
        let working = deliveries.iter().map(|delivery| delivery.receipt().clone()).collect();
        Self(Mutex::new(State { working, finished: Vec::with_capacity(deliveries.len()) }))
    }

    /// Says what is to become of a delivery.
    pub(super) fn finish(&self, settlement: Settlement) {
        self.finish_all([settlement]);
    }

    /// The same, of several.
    pub(super) fn finish_all(&self, settlements: impl IntoIterator<Item = Settlement>) {
        let mut state = self.lock();
        for settlement in settlements {
            state.working.remove(settlement.receipt());
            state.finished.push(settlement);
        }
    }

    /// What is finished and was not taken before.
    fn take(&self) -> Vec<Settlement> {
        mem::take(&mut self.lock().finished)
    }

    /// What the queue is told in between.
    fn beat(&self, until: Instant) -> Vec<Settlement> {
        let mut state = self.lock();
        let mut settlements = mem::take(&mut state.finished);
        settlements.extend(state.working.iter().cloned().map(|receipt| Settlement::Extend(receipt, until)));
        settlements
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Does work while its deliveries are kept from coming again, then gives what is left to be settled.
    pub(super) async fn while_in_hand(
        &self,
        in_hand: &InHand,
        visibility: Duration,
        work: impl Future<Output = ()>,
    ) -> Vec<Settlement> {
        let clock = &self.ports.clock;
        let mut work = pin!(work);
        let beat = (visibility / BEATS).max(SHORTEST_BEAT);
        loop {
            let next_beat = clock.sleep_until(after(clock.now(), beat));
            if let Either::Left(_) = select(work.as_mut(), next_beat).await {
                return in_hand.take();
            }
            let now = clock.now();
            let settlements = in_hand.beat(after(now, visibility));
            if settlements.is_empty() {
                continue;
            }
            // The work goes on meanwhile.
            let telling = self.ports.queue.settle(settlements.clone(), now);
            let (told, ended) = match select(work.as_mut(), telling).await {
                Either::Left(((), telling)) => (telling.await, true),
                Either::Right((told, _)) => (told, false),
            };
            if let Err(error) = told {
                tracing::warn!(%error, "deliveries in hand could not be extended");
                // What was finished is settled with the next call; settling twice is settling once.
                let finished = settlements.into_iter().filter(|one| !matches!(one, Settlement::Extend(..)));
                in_hand.finish_all(finished);
            }
            if ended {
                return in_hand.take();
            }
        }
    }
}
