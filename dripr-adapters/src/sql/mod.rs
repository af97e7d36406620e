//! Every store and the queue in one SQL database, so that a change and the events that announce it are one transaction:
//! in a SQLite file, in PostgreSQL, or in MySQL or MariaDB.
//!
//! | file | what is in it |
//! |---|---|
//! | `open` | connecting to a database, migrating and checking it, one file each |
//! | `migrations` | the schemas' histories |
//! | `connection` | a connection to any of them, and what one SQL text is in each |
//! | `writer` | the tasks that write: calls that wait together share a commit |
//! | `arrivals`, `listening` | how those who wait for deliveries hear of them, from other processes too |
//! | `execute` | commands on campaigns, many campaigns in a few statements |
//! | `announce` | events, in the queues or in the outbox |
//! | `dossier` | reading campaigns with what decisions look at |
//! | `enrol` | new campaigns |
//! | `campaigns`, `emails`, `agents`, `api_keys`, `contacts`, `blocks`, `areas`, `mail_accounts`, `feedback`, `channels`, `deeds`, `notices`, `queue`, `queue_desk`, `bus`, `outbox`, `replies`, `persons`, `store_check`, `tally_store`, `alerts`, `webhooks` | the ports, one each |
//! | `suppressions` | what stands against writing to an address, for the port of contacts |
//! | `backup`, `scrub` | backups of a SQLite file, and what was deleted from one taken off the disk |
//! | `reach`, `maker` | how far keys and webhooks reach, and who made them, as columns |
//! | `bans` | what banned agents made, ended when a store is opened if their ban did not |
//! | `rebase` | taking away a text that others were compressed against |
//! | `rate_limiter` | the port for how fast providers may be called |
//! | `message` | texts, compressed against what they have in common |
//!
//! Any number of processes may have the same database open, each with its own [`SqlStore`]. Everything that must not
//! happen twice is decided inside a transaction that holds the file's write lock (SQLite) or the rows that it decides on
//! (the others). A transaction that others were in the way of is done again as a whole.
//!
//! PostgreSQL from 13 on, MySQL from 8.0.19, MariaDB from 10.6.

#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(
        dead_code,
        unreachable_code,
        unused_imports,
        unused_variables,
        reason = "what is there for several databases is not all used by one"
    )
)]

mod agents;
mod alerts;
mod announce;
mod api_keys;
mod areas;
mod arrivals;
#[cfg(feature = "sqlite")]
pub mod backup;
mod bans;
mod blocks;
mod bus;
mod campaigns;
mod channels;
mod connection;
mod contacts;
mod deeds;
mod dossier;
mod emails;
mod enrol;
mod error;
mod execute;
mod external_ids;
mod feedback;
mod imports;
mod instant;
#[cfg(feature = "legacy-tables")]
pub mod legacy_tables;
#[cfg(feature = "postgres")]
mod listening;
mod mail_accounts;
mod maker;
mod message;
mod migrations;
mod notices;
mod open;
mod options;
mod outbox;
mod persons;
mod queue;
mod queue_desk;
mod rate_limiter;
mod reach;
mod rebase;
mod replies;
#[cfg(feature = "sqlite")]
pub mod scrub;
mod statistics;
mod store_check;
mod suppressions;
mod tally_store;
mod values;
mod webhooks;
mod writer;

pub use options::Queues;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub use options::ServerOptions;
#[cfg(feature = "sqlite")]
pub use options::SqliteOptions;
pub use rate_limiter::SqlRateLimiter;

use std::sync::{Arc, atomic::Ordering};

use self::{
    areas::AreaCache,
    arrivals::{Arrivals, Hearing},
    connection::Pool,
    message::Bases,
    writer::Writer,
};

/// Every store and the queue, in one SQL database. Cheap to clone; all clones are one store.
///
/// Dropping the last clone ends the writing tasks after what they were given; [`SqlStore::close`] waits for that.
///
#[cfg_attr(feature = "sqlite", doc = "```")]
#[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
/// use dripr_adapters::sql::{SqlStore, SqliteOptions};
/// use dripr_core::ports::CampaignStore;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await?;
/// assert_eq!(store.next_due().await?, None);
/// store.close().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqlStore {
    shared: Arc<Shared>,
}

struct Shared {
    reads: Pool,
    writer: Writer,
    arrivals: Arc<Arrivals>,
    /// Hears for as long as the store is there.
    _hearing: Option<Hearing>,
    areas: AreaCache,
    bases: Bases,
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore").field("commits", &self.commits()).finish_non_exhaustive()
    }
}

impl SqlStore {
    /// How many transactions this store has committed since it was opened.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.shared.writer.commits.load(Ordering::Relaxed)
    }

    /// Ends the store: what was given is written and answered, and the database is left in order. Calls on other clones
    /// fail from here on.
    pub async fn close(&self) {
        self.shared.writer.close().await;
        self.shared.reads.close().await;
    }

    fn of(reads: Pool, writer: Writer, arrivals: Arc<Arrivals>, hearing: Option<Hearing>) -> Self {
        let shared = Shared {
            reads,
            writer,
            arrivals,
            _hearing: hearing,
            areas: AreaCache::default(),
            bases: Bases::default(),
        };
        Self { shared: Arc::new(shared) }
    }
}
