//! The simulation over queues that are elsewhere, beside a store in memory that has an outbox.

use std::{
    env,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use dripr_core::{
    errors::PortResult,
    events::{Event, Queue},
    ports::{Delivery, EventBus, EventQueue, Outbox, Settlement},
    schedule::Instant,
    testkit::{
        MemoryStore,
        simulation::{Database, Plan, Store, each_of_so_many_crash_points, simulate_on},
    },
};
use futures_util::future::BoxFuture;
use tokio::{
    runtime::{self, Runtime},
    sync::watch,
};

/// Queues with nothing in them, which all processes of a simulation share.
pub(crate) trait Elsewhere: Send + Sync + 'static {
    /// As a process opens them. They know what becomes visible next.
    fn queue(&self) -> Arc<dyn EventQueue>;

    /// What publishes into them.
    fn bus(&self) -> Arc<dyn EventBus>;
}

struct SharedQueues<E> {
    store: MemoryStore,
    elsewhere: E,
    bell: Arc<Bell>,
    runtime: Runtime,
}

/// Rung when something may have arrived. How queues tell so in real time is no matter of virtual time.
struct Bell(watch::Sender<()>);

struct Belled<T: ?Sized> {
    bell: Arc<Bell>,
    inner: Arc<T>,
}

impl<E: Elsewhere> SharedQueues<E> {
    fn new(empty: impl Future<Output = E>) -> Self {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self {
            store: MemoryStore::with_outbox(),
            elsewhere: runtime.block_on(empty),
            bell: Arc::new(Bell(watch::Sender::new(()))),
            runtime,
        }
    }
}

impl<E: Elsewhere> Database for SharedQueues<E> {
    fn connect(&self) -> PortResult<Arc<dyn Store>> {
        Ok(Arc::new(self.store.clone()))
    }

    fn queue(&self) -> PortResult<Option<Arc<dyn EventQueue>>> {
        let _inside = self.runtime.enter();
        Ok(Some(Arc::new(Belled { bell: self.bell.clone(), inner: self.elsewhere.queue() })))
    }

    fn relay(&self) -> Option<(Arc<dyn Outbox>, Arc<dyn EventBus>)> {
        let _inside = self.runtime.enter();
        let bus = Belled { bell: self.bell.clone(), inner: self.elsewhere.bus() };
        Some((Arc::new(self.store.clone()), Arc::new(bus)))
    }

    fn complete(&self, call: BoxFuture<'_, ()>) {
        self.runtime.block_on(call);
    }
}

#[async_trait]
impl EventQueue for Belled<dyn EventQueue> {
    async fn receive(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>> {
        self.inner.receive(queue, max, now, visibility).await
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        let settled = self.inner.settle(settlements, now).await;
        self.bell.0.send_replace(());
        settled
    }

    async fn arrived(&self, _queues: &[Queue]) {
        // The bell is there for as long as whoever listens.
        let _ = self.bell.0.subscribe().changed().await;
    }

    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        self.inner.next_visible(queues).await
    }
}

#[async_trait]
impl EventBus for Belled<dyn EventBus> {
    async fn publish(&self, events: &[Event]) -> Vec<PortResult<()>> {
        let answers = self.inner.publish(events).await;
        self.bell.0.send_replace(());
        answers
    }
}

fn asked(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}

/// The simulation from one seed in so many of `DRIPR_SEEDS`, 300 if that is not given, from `DRIPR_FIRST_SEED` on.
pub(crate) fn everything_holds<E: Elsewhere, F: Future<Output = E>>(one_in: u64, empty: impl Fn() -> F) {
    let (seeds, mut emails) = (asked("DRIPR_SEEDS", 300) / one_in, 0);
    for seed in asked("DRIPR_FIRST_SEED", 1)..=seeds {
        let report = simulate_on(&Plan::of_seed(seed), SharedQueues::new(empty()));
        assert_eq!(report.violation, None, "seed {seed}:\n{}", report.story.join("\n"));
        emails += report.emails;
    }
    println!("{seeds} seeds, {emails} emails");
    assert!(emails > 5);
}

/// One day of one campaign with a single fault, one after the other at each of so many calls; `DRIPR_EVERY=1` takes every
/// call.
pub(crate) fn every_point_holds<E: Elsewhere, F: Future<Output = E>>(
    every: u64,
    empty: impl Fn() -> F + Sync,
) {
    // Runs go on at the same time; what they have in common is none of theirs.
    let one = Mutex::new(());
    let run = |plan: &Plan| {
        let queues = {
            let _alone = one.lock().unwrap();
            SharedQueues::new(empty())
        };
        simulate_on(plan, queues)
    };
    let day = |seed| Plan { campaigns: 1, troubled_days: Some(1), calm_days: 4, ..Plan::quiet_month(seed) };
    let plan = (1..).map(day).find(|plan| run(plan).calls.contains_key("mailer.send")).unwrap();
    let every = usize::try_from(asked("DRIPR_EVERY", every)).unwrap();
    let points = each_of_so_many_crash_points(&plan, every, run);
    println!("seed {}: {} runs, {} emails in each", plan.seed, points.runs, points.golden.emails);
    assert_eq!(points.golden.violation, None);
    let (failed, runs) = (&points.failed, points.runs);
    assert!(failed.is_empty(), "{} of {runs}, such as {:#?}", failed.len(), failed.first());
    assert!(points.injected > 15);
}
