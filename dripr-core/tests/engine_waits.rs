//! What the engine waits for: no deadline is slept past, and no waiting keeps another from what it was given.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_core::{
    Dripr,
    campaign::{Action, Actor, CampaignStatus, Command, Dossier, Operation},
    content::{CycleContent, Listing, Property, Sale, ZipCode},
    email::OutgoingEmail,
    errors::PortResult,
    ids::{CampaignId, UserId},
    ports::{
        Allowance, CampaignFilter, CampaignStore, Enrolment, Execution, HistoryEntry, Inquiry, LookUp,
        Mailer, NewCampaign, PropertySource, SendOutcome, Subject,
    },
    schedule::{Cycle, Instant, SendDay},
    testkit::{Mailbox, ManualClock, MemoryStore, samples},
};
use tokio::sync::Semaphore;

/// A store with somebody else about.
struct Shared {
    store: MemoryStore,
    engine: OnceLock<Dripr>,
    /// Whether somebody edits a campaign just after the next deadline was read, and before the reader has it.
    edits: AtomicBool,
    /// How often the next deadline was read.
    looks: AtomicUsize,
    /// Each change takes its turn at the one connection.
    connection: Arc<Semaphore>,
}

impl Shared {
    fn over(store: &MemoryStore) -> Arc<Self> {
        Arc::new(Self {
            store: store.clone(),
            engine: OnceLock::new(),
            edits: AtomicBool::new(false),
            looks: AtomicUsize::new(0),
            connection: Arc::new(Semaphore::new(1)),
        })
    }
}

#[async_trait]
impl CampaignStore for Shared {
    async fn next_due(&self) -> PortResult<Option<Instant>> {
        let next = self.store.next_due().await;
        self.looks.fetch_add(1, Ordering::Relaxed);
        if self.edits.swap(false, Ordering::Relaxed) {
            let edit = Action::EditSchedule { fixed_send_day: SendDay::new(5).unwrap() };
            let by = Actor::User(UserId::new("agent").unwrap());
            self.engine.get().unwrap().command(&campaign(), by, edit).await.unwrap();
        }
        next
    }

    async fn enrol(&self, new: Vec<NewCampaign>) -> PortResult<Vec<Enrolment>> {
        self.store.enrol(new).await
    }
    async fn load(&self, ids: &[CampaignId]) -> PortResult<Vec<Option<Dossier>>> {
        self.store.load(ids).await
    }
    async fn execute(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>> {
        let _turn = self.connection.acquire().await.unwrap();
        self.store.execute(commands).await
    }
    async fn due(&self, now: Instant, limit: usize) -> PortResult<Vec<CampaignId>> {
        self.store.due(now, limit).await
    }
    async fn content(&self, of: &[(CampaignId, Cycle)]) -> PortResult<Vec<Vec<(Operation, CycleContent)>>> {
        self.store.content(of).await
    }
    async fn earlier_content(
        &self,
        of: &[(CampaignId, Cycle)],
        operation: Operation,
    ) -> PortResult<Vec<Option<(Cycle, CycleContent)>>> {
        self.store.earlier_content(of, operation).await
    }
    async fn list(
        &self,
        filter: &CampaignFilter,
        after: Option<CampaignId>,
        limit: usize,
    ) -> PortResult<Vec<Dossier>> {
        self.store.list(filter, after, limit).await
    }
    async fn count_by_status(&self) -> PortResult<Vec<(CampaignStatus, u64)>> {
        self.store.count_by_status().await
    }
    async fn history(&self, campaign: &CampaignId) -> PortResult<Vec<HistoryEntry>> {
        self.store.history(campaign).await
    }
}

fn campaign() -> CampaignId {
    CampaignId::new("agent-1").unwrap()
}

async fn idle() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_deadline_stored_while_the_next_one_is_read_ends_the_sleep() {
    let start = "2026-03-01T12:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(start));
    let store = MemoryStore::new();
    samples::fill(&store, 1, "98103", 12, start).await.unwrap();
    let edited = Shared::over(&store);
    let builder = samples::builder(&store, clock.clone(), Arc::new(Mailbox::new())).unwrap();
    let dripr = builder.campaigns(edited.clone()).build().unwrap();
    edited.engine.set(dripr.clone()).ok();
    // The first slot is planned, so that what follows is one edit between two sleeps.
    dripr.tick().await.unwrap();
    edited.edits.store(true, Ordering::Relaxed);

    let run = tokio::spawn({
        let dripr = dripr.clone();
        async move { dripr.run().await }
    });
    idle().await;
    assert_eq!(
        edited.looks.load(Ordering::Relaxed),
        2,
        "the edit ends the first sleep, and nothing the second"
    );
    dripr.stop();
    run.await.unwrap();
}

/// The sample source, over the connection that the store has.
struct SameConnection(Arc<Semaphore>);

impl SameConnection {
    async fn take_a_turn(&self) {
        let _turn = self.0.acquire().await.unwrap();
        tokio::task::yield_now().await;
    }
}

#[async_trait]
impl PropertySource for SameConnection {
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Property> {
        self.take_a_turn().await;
        samples::Source.property(subject, as_of, allowance).await
    }
    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        self.take_a_turn().await;
        samples::Source.active_listings(zip, as_of, limit, allowance).await
    }
    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        self.take_a_turn().await;
        samples::Source.recent_sales(zip, as_of, limit, allowance).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_whose_turn_has_come_is_not_kept_from_it_by_the_storing_of_another_result() {
    let start = "2026-03-01T12:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(start));
    let mailbox = Arc::new(Mailbox::new());
    let store = MemoryStore::new();
    samples::fill(&store, 20, "98103", 12, start).await.unwrap();
    let shared = Shared::over(&store);
    let source = Arc::new(SameConnection(shared.connection.clone()));
    let builder = samples::builder(&store, clock.clone(), mailbox.clone()).unwrap();
    let dripr = builder.campaigns(shared).properties(source).build().unwrap();
    let month = async {
        let end = "2026-03-14T00:00:00Z".parse::<Instant>().unwrap();
        while let Some(next) = dripr.step().await.unwrap().next.filter(|next| *next < end) {
            clock.set(next);
        }
    };
    // Time passes only once nothing else can: then everybody waits for everybody.
    let waited = tokio::time::timeout(Duration::from_secs(1), month).await;
    assert!(waited.is_ok(), "handlers and store wait for each other");
    assert_eq!(mailbox.accepted().len(), 20);
}

#[tokio::test]
async fn an_engine_that_is_dropped_in_the_middle_of_a_fetch_lets_go_of_everything() {
    let start = "2026-03-11T15:00:00Z".parse().unwrap();
    let store = MemoryStore::new();
    samples::fill(&store, 2, "98103", 12, start).await.unwrap();
    let never = Arc::new(Semaphore::new(0));
    let builder =
        samples::builder(&store, Arc::new(ManualClock::at(start)), Arc::new(Mailbox::new())).unwrap();
    let dripr = builder.properties(Arc::new(SameConnection(never.clone()))).build().unwrap();
    {
        let mut run = Box::pin(dripr.run());
        for _ in 0..100 {
            assert!(futures_util::poll!(&mut run).is_pending());
            idle().await;
        }
    }
    let fetched = store.load(&[campaign()]).await.unwrap().remove(0).unwrap().campaign;
    assert_eq!(fetched.status, CampaignStatus::WaitingForData, "it was fetching");
    drop(dripr);
    assert_eq!(Arc::strong_count(&never), 1, "the source is still held");
}

/// A mailbox that takes its time, and remembers how many calls were under way at most.
#[derive(Default)]
struct Slow {
    mailbox: Mailbox,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl Mailer for Slow {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let under_way = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(under_way, Ordering::Relaxed);
        idle().await;
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        self.mailbox.send(emails).await
    }

    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        self.mailbox.look_up(inquiry).await
    }

    fn batch(&self) -> usize {
        self.mailbox.batch()
    }
}

#[tokio::test]
async fn emails_wait_for_their_call_before_their_texts_are_read() {
    let start = "2026-03-01T12:00:00Z".parse().unwrap();
    for (concurrency, calls) in [(64, 2), (150, 3), (1, 1)] {
        let clock = Arc::new(ManualClock::at(start));
        let mailer = Arc::new(Slow::default());
        let store = MemoryStore::new();
        samples::fill(&store, 200, "98103", 12, start).await.unwrap();
        let builder = samples::builder(&store, clock.clone(), mailer.clone()).unwrap();
        let dripr = builder.concurrency(concurrency).build().unwrap();
        let end = "2026-03-14T00:00:00Z".parse::<Instant>().unwrap();
        while let Some(next) = dripr.step().await.unwrap().next.filter(|next| *next < end) {
            clock.set(next);
        }
        assert_eq!(mailer.mailbox.accepted().len(), 200);
        assert_eq!(mailer.most.load(Ordering::Relaxed), calls, "{concurrency}");
    }
}
