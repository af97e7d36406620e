//! Limiters, outboxes, buses, clocks and entropy.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use chrono::TimeDelta;
use dripr_core::{
    errors::PortResult,
    events::Event,
    ids::EventId,
    ports::{Clock, Entropy, EventBus, Outbox, OutboxEntry, Permit, RateLimiter},
    schedule::Instant,
    testkit::{ManualClock, MemoryStore, contract},
};

use crate::now;

/// A limiter that counts what it refuses, or counts only after a while.
struct Careless {
    counted: AtomicU32,
    late: bool,
}

#[async_trait]
impl RateLimiter for Careless {
    async fn take(&self, _api: &str, calls: u32, now: Instant) -> PortResult<Permit> {
        let used = self.counted.load(Ordering::SeqCst);
        let granted = used + calls <= 5;
        if self.late {
            tokio::task::yield_now().await;
        }
        if granted || !self.late {
            self.counted.fetch_add(calls, Ordering::SeqCst);
        }
        let retry_at = now + TimeDelta::hours(1);
        Ok(if granted { Permit::Granted } else { Permit::Exhausted { retry_at } })
    }
}

#[tokio::test]
#[should_panic(expected = "what was refused is not counted: of 5 calls only 1 were granted")]
async fn a_limiter_that_counts_what_it_refuses() {
    contract::rate_limiter(&Careless { counted: AtomicU32::new(0), late: false }, "mail", 5, now()).await;
}

#[tokio::test]
#[should_panic(
    expected = "permits are no more than there are, however many ask at once: of 5 calls 6 were granted"
)]
async fn a_limiter_that_counts_late() {
    contract::rate_limiter(&Careless { counted: AtomicU32::new(0), late: true }, "mail", 5, now()).await;
}

/// An outbox that is wrong in one way.
struct Forgetful {
    store: MemoryStore,
    fault: Fault,
}

#[derive(PartialEq)]
enum Fault {
    NewestFirst,
    GivesTwice,
    KeepsInHand,
    MarksAll,
    TellsNobody,
}

#[async_trait]
impl Outbox for Forgetful {
    async fn unpublished(&self, limit: usize, now: Instant, until: Instant) -> PortResult<Vec<OutboxEntry>> {
        let until = if self.fault == Fault::GivesTwice { now } else { until };
        let mut entries = self.store.unpublished(limit, now, until).await?;
        if self.fault == Fault::NewestFirst {
            entries.reverse();
        }
        Ok(entries)
    }
    async fn mark_published(&self, ids: &[EventId]) -> PortResult<()> {
        let far = Instant::MAX_UTC - chrono::TimeDelta::days(1);
        let all = self.store.unpublished(100, far, far).await?;
        let all: Vec<EventId> = all.into_iter().map(|entry| entry.id).collect();
        let known = ids.iter().any(|id| all.contains(id));
        self.store.mark_published(if known && self.fault == Fault::MarksAll { &all } else { ids }).await
    }
    async fn give_back(&self, ids: &[EventId]) -> PortResult<()> {
        if self.fault == Fault::KeepsInHand { Ok(()) } else { self.store.give_back(ids).await }
    }
    async fn added(&self) {
        if self.fault == Fault::TellsNobody {
            std::future::pending::<()>().await;
        }
    }
}

async fn forgetful(fault: Fault) {
    let store = MemoryStore::with_outbox();
    contract::outbox(&store, &Forgetful { store: store.clone(), fault }).await;
}

#[tokio::test]
#[should_panic(expected = "what one relay has in hand no other is given")]
async fn an_outbox_that_gives_to_two() {
    forgetful(Fault::GivesTwice).await;
}

#[tokio::test]
#[should_panic(expected = "what is given back is there again at once")]
async fn an_outbox_that_keeps_what_is_given_back() {
    forgetful(Fault::KeepsInHand).await;
}

#[tokio::test]
#[should_panic(expected = "every change that is announced is in the outbox once, the oldest first")]
async fn an_outbox_that_gives_the_newest_first() {
    forgetful(Fault::NewestFirst).await;
}

#[tokio::test]
#[should_panic(expected = "what is marked once is gone, and nothing else is")]
async fn an_outbox_that_marks_all() {
    forgetful(Fault::MarksAll).await;
}

#[tokio::test]
#[should_panic(expected = "whoever waits for the outbox hears of what is added after the first poll")]
async fn an_outbox_that_tells_nobody() {
    forgetful(Fault::TellsNobody).await;
}

/// A bus that answers once for all, or passes every second event on.
struct Lossy {
    queue: MemoryStore,
    answers: bool,
}

#[async_trait]
impl EventBus for Lossy {
    async fn publish(&self, events: &[Event]) -> Vec<PortResult<()>> {
        let kept: Vec<Event> = events.iter().step_by(2).cloned().collect();
        self.queue.publish(&kept).await;
        events.iter().take(if self.answers { events.len() } else { 1 }).map(|_| Ok(())).collect()
    }
}

async fn lossy(answers: bool) {
    let queue = MemoryStore::with_outbox();
    contract::event_bus(&Lossy { queue: queue.clone(), answers }, &queue).await;
}

#[tokio::test]
#[should_panic(expected = "there is an answer for each event that is published")]
async fn a_bus_with_one_answer_for_all() {
    lossy(false).await;
}

#[tokio::test]
#[should_panic(expected = "what was published reaches each queue that it wakes")]
async fn a_bus_that_loses_events() {
    lossy(true).await;
}

/// A clock that does not wait, or is not heard when it is set.
struct Lazy {
    clock: ManualClock,
    waits: bool,
}

#[async_trait]
impl Clock for Lazy {
    fn now(&self) -> Instant {
        self.clock.now()
    }
    async fn sleep_until(&self, instant: Instant) {
        if self.waits && self.now() < instant {
            std::future::pending::<()>().await;
        }
    }
}

async fn lazy(waits: bool) {
    let lazy = Lazy { clock: ManualClock::at(now()), waits };
    contract::clock(&lazy, |instant| lazy.clock.set(instant)).await;
}

#[tokio::test]
#[should_panic(expected = "an instant that has not come is waited for")]
async fn a_clock_that_does_not_wait() {
    lazy(false).await;
}

#[tokio::test]
#[should_panic(expected = "whoever waits is woken when the instant has come")]
async fn a_clock_that_wakes_nobody() {
    lazy(true).await;
}

/// Entropy that counts.
struct Counts(AtomicU32);

impl Entropy for Counts {
    fn bytes(&self) -> [u8; 16] {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst)).to_be_bytes()
    }
}

#[test]
#[should_panic(expected = "each of the sixteen bytes is random")]
fn entropy_that_counts() {
    contract::entropy(&Counts(AtomicU32::new(0)));
}
