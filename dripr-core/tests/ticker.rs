//! The ticker's sleep: no deadline that this process stores is slept past, whatever the moment it is stored at.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use dripr_core::{
    Dripr,
    campaign::{Action, Actor, CampaignStatus, Command, Dossier, Operation},
    content::CycleContent,
    errors::PortResult,
    ids::{CampaignId, UserId},
    ports::{CampaignFilter, CampaignStore, Enrolment, Execution, HistoryEntry, NewCampaign},
    schedule::{Cycle, Instant, SendDay},
    testkit::{Mailbox, ManualClock, MemoryStore, samples},
};

/// A store in which somebody edits a campaign just after the next deadline was read, and before the reader has it.
struct EditedMeanwhile {
    store: MemoryStore,
    engine: OnceLock<Dripr>,
    armed: AtomicBool,
    looks: AtomicUsize,
}

#[async_trait]
impl CampaignStore for EditedMeanwhile {
    async fn next_due(&self) -> PortResult<Option<Instant>> {
        let next = self.store.next_due().await;
        self.looks.fetch_add(1, Ordering::Relaxed);
        if self.armed.swap(false, Ordering::Relaxed) {
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
    let edited = Arc::new(EditedMeanwhile {
        store: store.clone(),
        engine: OnceLock::new(),
        armed: AtomicBool::new(false),
        looks: AtomicUsize::new(0),
    });
    let builder = samples::builder(&store, clock.clone(), Arc::new(Mailbox::new())).unwrap();
    let dripr = builder.campaigns(edited.clone()).build().unwrap();
    edited.engine.set(dripr.clone()).ok();
    // The first slot is planned, so that what follows is one edit between two sleeps.
    dripr.tick().await.unwrap();
    edited.armed.store(true, Ordering::Relaxed);

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
