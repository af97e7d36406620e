//! What is being worked on does not come again, however long it takes, and what is finished does not wait for it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use dripr_core::{
    Dripr,
    content::{Listing, Property, Sale, ZipCode},
    errors::{Fault, PortError, PortResult},
    events::Queue,
    policy::Policy,
    ports::{Allowance, Delivery, EventQueue, PropertySource, Settlement, Subject},
    schedule::Instant,
    testkit::{Mailbox, ManualClock, MemoryStore, samples},
};
use tokio::{sync::Semaphore, task::JoinHandle};

const QUEUE: Queue = Queue::PropertyValuation;

/// A queue that keeps what it was told, and may refuse to be told.
struct Told {
    store: MemoryStore,
    told: Mutex<Vec<(usize, usize)>>,
    refuses: Mutex<usize>,
}

#[async_trait]
impl EventQueue for Told {
    async fn receive(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>> {
        self.store.receive(queue, max, now, visibility).await
    }
    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        let extended = settlements.iter().filter(|one| matches!(one, Settlement::Extend(..))).count();
        self.told.lock().unwrap().push((settlements.len() - extended, extended));
        {
            let mut refuses = self.refuses.lock().unwrap();
            if *refuses > 0 {
                *refuses -= 1;
                return Err(PortError::new(Fault::Unavailable, "the queue is away"));
            }
        }
        self.store.settle(settlements, now).await
    }
    async fn arrived(&self, queues: &[Queue]) {
        self.store.arrived(queues).await;
    }
    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        self.store.next_visible(queues).await
    }
}

/// The sample source, which takes until it is let go for one home.
struct Slow(Arc<Semaphore>);

#[async_trait]
impl PropertySource for Slow {
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Property> {
        if subject.home.street.starts_with("1 ") {
            self.0.acquire().await.unwrap().forget();
        }
        samples::Source.property(subject, as_of, allowance).await
    }
    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        samples::Source.active_listings(zip, as_of, limit, allowance).await
    }
    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        samples::Source.recent_sales(zip, as_of, limit, allowance).await
    }
}

/// Three campaigns that wait for their homes, one of which takes its time.
struct Scene {
    clock: Arc<ManualClock>,
    store: MemoryStore,
    queue: Arc<Told>,
    gate: Arc<Semaphore>,
    dripr: Dripr,
}

const BEGIN: &str = "2026-03-11T15:00:00Z";

impl Scene {
    async fn new() -> Self {
        let start: Instant = "2026-03-01T12:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::at(start));
        let store = MemoryStore::new();
        samples::fill(&store, 3, "98103", 12, start).await.unwrap();
        let queue =
            Arc::new(Told { store: store.clone(), told: Mutex::default(), refuses: Mutex::default() });
        let gate = Arc::new(Semaphore::new(0));
        let patient = Policy { data_timeout: Duration::from_secs(7_200), ..Policy::default() };
        let mailbox = Arc::new(Mailbox::new());
        let dripr = samples::builder(&store, clock.clone(), mailbox)
            .unwrap()
            .queue(queue.clone())
            .properties(Arc::new(Slow(gate.clone())))
            .queues([QUEUE])
            .policy(patient)
            .build()
            .unwrap();
        dripr.tick().await.unwrap();
        clock.set(BEGIN.parse().unwrap());
        dripr.tick().await.unwrap();
        Self { clock, store, queue, gate, dripr }
    }

    fn begin(&self) -> JoinHandle<()> {
        let dripr = self.dripr.clone();
        tokio::spawn(async move {
            dripr.step().await.unwrap();
        })
    }

    async fn seconds_later(&self, seconds: i64) -> Instant {
        let at = BEGIN.parse::<Instant>().unwrap() + TimeDelta::seconds(seconds);
        self.clock.set(at);
        idle().await;
        at
    }

    /// What another process would receive.
    async fn another_receives(&self, now: Instant) -> usize {
        self.store.receive(QUEUE, 10, now, Duration::from_secs(300)).await.unwrap().len()
    }

    /// Of each time the queue was told something: how many were settled, and how many extended.
    fn told(&self) -> Vec<(usize, usize)> {
        self.queue.told.lock().unwrap().clone()
    }
}

async fn idle() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_ends_soon_costs_one_call() {
    let scene = Scene::new().await;
    scene.gate.add_permits(1);
    scene.begin().await.unwrap();
    assert_eq!(scene.told(), [(3, 0)]);
}

#[tokio::test]
async fn what_takes_long_is_extended_for_as_long_as_it_takes() {
    let scene = Scene::new().await;
    let working = scene.begin();
    idle().await;
    assert!(scene.told().is_empty(), "nothing is told before there is a reason");
    for minutes in 1..=60 {
        let now = scene.seconds_later(minutes * 60).await;
        assert_eq!(scene.another_receives(now).await, 0, "after {minutes} minutes it is still this one's");
    }
    let told = scene.told();
    // With the first beat the two that were finished are settled, and never again.
    assert_eq!(told[0], (2, 1));
    assert!(told[1..].iter().all(|told| *told == (0, 1)), "{told:?}");
    assert!((20..=40).contains(&told.len()), "a third of five minutes apart, not {}", told.len());
    scene.gate.add_permits(1);
    working.await.unwrap();
    assert_eq!(scene.told().last(), Some(&(1, 0)));
    assert_eq!(scene.store.next_visible(&[QUEUE]).await.unwrap(), None, "and then it is settled");
}

#[tokio::test]
async fn a_queue_that_is_away_is_told_again() {
    let scene = Scene::new().await;
    *scene.queue.refuses.lock().unwrap() = 2;
    let working = scene.begin();
    idle().await;
    for beat in 1..=4 {
        let now = scene.seconds_later(beat * 100).await;
        if beat > 2 {
            assert_eq!(scene.another_receives(now).await, 0);
        }
    }
    assert_eq!(scene.told(), [(2, 1), (2, 1), (2, 1), (0, 1)]);
    scene.gate.add_permits(1);
    working.await.unwrap();
    assert_eq!(scene.store.next_visible(&[QUEUE]).await.unwrap(), None);
}

#[tokio::test]
async fn a_process_that_dies_extends_nothing() {
    let scene = Scene::new().await;
    let working = scene.begin();
    idle().await;
    scene.seconds_later(100).await;
    working.abort();
    assert!(working.await.unwrap_err().is_cancelled());
    let now = scene.seconds_later(399).await;
    assert_eq!(scene.another_receives(now).await, 0);
    let now = scene.seconds_later(400).await;
    assert_eq!(
        scene.another_receives(now).await,
        1,
        "what it had comes back once its last extension is over"
    );
}
