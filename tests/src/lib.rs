//! A harness for whole campaigns on a real store: a virtual clock, a mailbox that is the truth about what was sent, and
//! an engine that can be killed between any two of its awaits and begun again.

use std::{error::Error, pin::pin, sync::Arc, task::Poll};

use dripr_adapters::sql::{SqlStore, SqliteOptions};
use dripr_core::{
    Dripr,
    email::OptOutLinks,
    engine::Builder,
    errors::PortResult,
    ports::{AgentStore, CampaignStore},
    schedule::Instant,
    testkit::{
        Mailbox, ManualClock, SeededEntropy, samples,
        simulation::{Database, Store},
    },
};
use futures_util::future::BoxFuture;
use tokio::runtime::{self, Runtime};

/// What may go wrong while a world is built or driven.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Campaigns of one agent in one SQLite file.
pub struct World {
    folder: tempfile::TempDir,
    /// The virtual clock.
    pub clock: Arc<ManualClock>,
    /// What was accepted.
    pub mailbox: Arc<Mailbox>,
}

impl World {
    /// A world with campaigns for a send day, in three ZIP codes.
    ///
    /// # Errors
    /// The store's.
    pub async fn new(campaigns: usize, day: u8, start: Instant) -> Result<Self, Failure> {
        Self::in_zips(&["98103", "98115", "98052"], campaigns, day, start).await
    }

    /// A world with campaigns for a send day, as many in each of these ZIP codes.
    ///
    /// # Errors
    /// The store's, or if one is no ZIP code.
    pub async fn in_zips(zips: &[&str], campaigns: usize, day: u8, start: Instant) -> Result<Self, Failure> {
        let world = Self {
            folder: tempfile::tempdir()?,
            clock: Arc::new(ManualClock::at(start)),
            mailbox: Arc::new(Mailbox::new()),
        };
        let store = world.store().await?;
        let agent = samples::agent("agent", start)?;
        store
            .register(agent.clone(), samples::user_created(&agent), dripr_core::campaign::Actor::Operator)
            .await?;
        let new: Result<Vec<_>, _> =
            (1..=campaigns).map(|n| samples::campaign(&agent, n, zips[n % zips.len()], day, start)).collect();
        store.enrol(new?).await?;
        store.close().await;
        Ok(world)
    }

    /// The store, opened as a new process would.
    ///
    /// # Errors
    /// The store's.
    pub async fn store(&self) -> Result<SqlStore, Failure> {
        Ok(SqlStore::sqlite(self.folder.path().join("dripr.db"), SqliteOptions::default()).await?)
    }

    /// An engine over a store.
    ///
    /// # Errors
    /// If it is incomplete.
    pub fn engine(&self, store: &SqlStore) -> Result<Dripr, Failure> {
        Ok(self.builder(store)?.build()?)
    }

    /// What an engine over a store is made of.
    ///
    /// # Errors
    /// If opt-out links cannot be made.
    pub fn builder(&self, store: &SqlStore) -> Result<Builder, Failure> {
        let links =
            OptOutLinks::new("https://reports.example", "a key that is long enough".to_owned().into())?;
        Ok(Dripr::builder()
            .clock(self.clock.clone())
            .entropy(Arc::new(SeededEntropy::new(7)))
            .store(Arc::new(store.clone()))
            .source(Arc::new(samples::Source))
            .writer(Arc::new(samples::Writer))
            .renderer(Arc::new(samples::Renderer))
            .mailer(self.mailbox.clone())
            .opt_out_links(links))
    }
}

/// A SQLite file that the processes of a simulation share. Each opens it for itself.
pub struct SharedFile {
    folder: tempfile::TempDir,
    runtime: Runtime,
}

impl SharedFile {
    /// An empty file.
    ///
    /// # Errors
    /// If there can be no folder or no runtime.
    pub fn new() -> Result<Self, Failure> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { folder: tempfile::tempdir()?, runtime })
    }
}

impl Database for SharedFile {
    fn connect(&self) -> PortResult<Arc<dyn Store>> {
        let mut options = SqliteOptions::default();
        // Processes die here, not the power.
        options.durable = false;
        let store = SqlStore::sqlite(self.folder.path().join("dripr.db"), options);
        Ok(Arc::new(self.runtime.block_on(store)?))
    }

    fn complete(&self, call: BoxFuture<'_, ()>) {
        self.runtime.block_on(call);
    }
}

/// Awaits a future for at most so many polls, then drops it, as a crash would. `None` if it was dropped.
pub async fn killed_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}
