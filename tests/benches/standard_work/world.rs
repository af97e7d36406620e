//! A running engine over a store: the workers that run in earnest, on a clock that can be set to when work is due.

use std::{sync::Arc, time::Duration};

use dripr_adapters::sql::SqlStore;
use dripr_core::{
    Dripr,
    campaign::CampaignStatus,
    email::OptOutLinks,
    policy::Policy,
    ports::{AgentStore, CampaignStore, Clock, Enrolment},
    schedule::{Delay, Instant, SendingRules},
    testkit::{SeededEntropy, samples},
};
use dripr_tests::Failure;
use tokio::task::JoinHandle;

use crate::{
    clock::JumpingClock,
    place::{Place, Queue},
    providers::{FileMailer, Source, full_size_templates},
};

/// Campaigns lie in so many ZIP codes.
const ZIPS: usize = 50;
/// How many are enrolled in one call.
const AT_ONCE: usize = 1_000;

/// When everything begins: no deadline of any campaign lies on that day.
pub(crate) fn start() -> Result<Instant, Failure> {
    Ok("2026-02-01T15:00:00Z".parse()?)
}

/// A running engine.
pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) store: SqlStore,
    pub(crate) clock: Arc<JumpingClock>,
    pub(crate) mailer: Arc<FileMailer>,
    engine: Dripr,
    workers: Vec<JoinHandle<()>>,
}

impl World {
    /// Enrols a campaign for each send day, and begins. `lead` is how long before its slot an email is prepared.
    pub(crate) async fn begin(
        place: Place,
        send_days: impl Iterator<Item = u8>,
        lead: Delay,
        watched: impl FnOnce(&SqlStore) -> Arc<dyn CampaignStore>,
    ) -> Result<Self, Failure> {
        let start = start()?;
        let store = place.open().await?;
        let agent = samples::agent("agent", start)?;
        store
            .register(agent.clone(), samples::user_created(&agent), dripr_core::campaign::Actor::Operator)
            .await?;
        let mut send_days = send_days.enumerate().peekable();
        while send_days.peek().is_some() {
            let some = send_days.by_ref().take(AT_ONCE);
            let new: Result<Vec<_>, _> = some
                .map(|(n, day)| samples::campaign(&agent, n, &format!("{}", 98_101 + n % ZIPS), day, start))
                .collect();
            let enrolled = store.enrol(new?).await?;
            if enrolled.iter().any(|one| !matches!(one, Enrolment::Enrolled(_))) {
                return Err("a campaign could not be enrolled".into());
            }
        }
        let clock = Arc::new(JumpingClock::at(start));
        let mailer = Arc::new(FileMailer::new(&place.path("sent"))?);
        let policy = Policy { rules: SendingRules::default().with_lead(lead), ..Policy::default() };
        let links =
            OptOutLinks::new("https://reports.example", "a key that is long enough".to_owned().into())?;
        let mut builder = Dripr::builder()
            .clock(clock.clone())
            .entropy(Arc::new(SeededEntropy::new(7)))
            .store(Arc::new(store.clone()))
            .campaigns(watched(&store))
            .source(Arc::new(Source::new()?))
            .writer(Arc::new(samples::Writer))
            .renderer(Arc::new(full_size_templates(&place.path("templates"))?))
            .mailer(mailer.clone())
            .opt_out_links(links)
            .policy(policy);
        if place.queue == Queue::Redis {
            let redis = place.redis()?;
            builder = builder.queue(redis.clone()).relay(Arc::new(store.clone()), redis);
        }
        let engine = builder.build()?;
        let workers = engine.workers().into_iter().map(tokio::spawn).collect();
        let world = Self { place, store, clock, mailer, engine, workers };
        world.planned().await?;
        Ok(world)
    }

    /// Returns once no campaign is due any more.
    pub(crate) async fn planned(&self) -> Result<(), Failure> {
        while self.next_due().await? <= self.clock.now() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // Whatever else was under way.
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok(())
    }

    pub(crate) async fn next_due(&self) -> Result<Instant, Failure> {
        Ok(self.store.next_due().await?.ok_or("no campaign has a deadline")?)
    }

    /// How many campaigns rest until their next date.
    pub(crate) async fn dormant(&self) -> Result<u64, Failure> {
        let counts = CampaignStore::count_by_status(&self.store).await?;
        Ok(counts.iter().filter(|(status, _)| *status == CampaignStatus::Dormant).map(|(_, n)| n).sum())
    }

    /// Ends it.
    pub(crate) async fn end(self) -> Result<Place, Failure> {
        self.engine.stop();
        for worker in self.workers {
            worker.await?;
        }
        self.store.close().await;
        Ok(self.place)
    }
}
