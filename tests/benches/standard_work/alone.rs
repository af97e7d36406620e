//! One campaign alone: from due to ready to be sent, with nothing else to do.

use std::{
    sync::Arc,
    time::{Duration, Instant as Real},
};

use async_trait::async_trait;
use dripr_adapters::sql::SqlStore;
use dripr_core::{
    campaign::{Action, AuditEntry, CampaignStatus, Command, Dossier, Operation},
    content::CycleContent,
    errors::PortResult,
    ids::CampaignId,
    ports::{CampaignFilter, CampaignStore, Enrolment, Execution, NewCampaign},
    schedule::{Cycle, Delay, Instant},
};
use dripr_tests::Failure;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    clock::real,
    place::{Kind, Place, Queue},
    world::World,
};

/// How many times a campaign is prepared.
const SAMPLES: usize = 42;

/// What a campaign has come to.
enum Seen {
    Ready(Real),
    Sent,
}

/// Does it, and gives the median and the slowest tenth in milliseconds.
pub(crate) async fn run(kind: Kind, queue: Queue) -> Result<Value, Failure> {
    let place = Place::new(kind, queue).await?;
    let (tell, mut seen) = mpsc::unbounded_channel();
    // A slot is a day after its preparation: with every other day in use no two things are due at one time.
    let days = (1..=14).map(|n| 2 * n);
    let watched =
        |store: &SqlStore| -> Arc<dyn CampaignStore> { Arc::new(Watched { store: store.clone(), tell }) };
    let world = World::begin(place, days, Delay::from_hours(24), watched).await?;
    let mut samples = Vec::with_capacity(SAMPLES);
    while samples.len() < SAMPLES {
        let next = world.next_due().await?;
        let began = real();
        world.clock.jump(next);
        let come = tokio::time::timeout(Duration::from_secs(10), seen.recv()).await;
        match come.map_err(|_| format!("nothing happened at {next}"))?.ok_or("the engine is gone")? {
            Seen::Ready(at) => samples.push((at - began).as_secs_f64() * 1e3),
            Seen::Sent => {}
        }
        world.planned().await?;
    }
    world.end().await?.remove().await?;
    samples.sort_by(f64::total_cmp);
    Ok(json!({ "p50": samples[SAMPLES / 2], "p90": samples[SAMPLES * 9 / 10] }))
}

/// A store that tells when an email is stored as ready, and when one was sent.
struct Watched {
    store: SqlStore,
    tell: mpsc::UnboundedSender<Seen>,
}

#[async_trait]
impl CampaignStore for Watched {
    async fn execute(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>> {
        let created = commands.iter().any(|command| matches!(command.action, Action::CreateEmail { .. }));
        let recorded = commands.iter().any(|command| matches!(command.action, Action::Record { .. }));
        let executions = self.store.execute(commands).await?;
        // Nobody listens any more once all samples are taken.
        if created {
            let _ = self.tell.send(Seen::Ready(real()));
        }
        if recorded {
            let _ = self.tell.send(Seen::Sent);
        }
        Ok(executions)
    }

    async fn enrol(&self, new: Vec<NewCampaign>) -> PortResult<Vec<Enrolment>> {
        self.store.enrol(new).await
    }

    async fn load(&self, ids: &[CampaignId]) -> PortResult<Vec<Option<Dossier>>> {
        self.store.load(ids).await
    }

    async fn due(&self, now: Instant, limit: usize) -> PortResult<Vec<CampaignId>> {
        self.store.due(now, limit).await
    }

    async fn next_due(&self) -> PortResult<Option<Instant>> {
        self.store.next_due().await
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
        CampaignStore::count_by_status(&self.store).await
    }

    async fn history(&self, campaign: &CampaignId) -> PortResult<Vec<AuditEntry>> {
        self.store.history(campaign).await
    }
}
