//! Every store and the queue in one SQLite file, so that a change and the events that announce it are one
//! transaction.
//!
//! | file | what is in it |
//! |---|---|
//! | `open` | creating, migrating and checking a file |
//! | `writer` | the one task that writes: calls that wait together share a commit |
//! | `execute` | commands on campaigns, many campaigns in a few statements |
//! | `dossier` | reading campaigns with what decisions look at |
//! | `enrol` | new campaigns |
//! | `campaigns`, `emails`, `agents`, `contacts`, `areas`, `mail_accounts`, `feedback`, `channels`, `notices`, `queue` | the ports, one each |
//! | `message` | texts, compressed against what they have in common |
//!
//! Any number of processes may have the file open, each with its own [`SqliteStore`]: everything that must not happen
//! twice is decided inside a transaction that holds the file's write lock.

mod agents;
mod areas;
mod campaigns;
mod channels;
mod contacts;
mod dossier;
mod emails;
mod enrol;
mod error;
mod execute;
mod feedback;
mod instant;
mod mail_accounts;
mod message;
mod migrations;
mod notices;
mod open;
mod options;
mod queue;
mod values;
mod writer;

pub use options::SqliteOptions;

use std::sync::{Arc, atomic::Ordering};

use sqlx::SqlitePool;

use self::{areas::AreaCache, message::Bases, queue::Arrivals, writer::Writer};

/// Every store and the queue, in one SQLite file. Cheap to clone; all clones are one store.
///
/// Dropping the last clone ends the writing task after what it was given; [`SqliteStore::close`] waits for that.
///
/// ```
/// use dripr_adapters::sql::sqlite::{SqliteOptions, SqliteStore};
/// use dripr_core::ports::CampaignStore;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let store = SqliteStore::open(folder.path().join("dripr.db"), SqliteOptions::default()).await?;
/// assert_eq!(store.next_due().await?, None);
/// store.close().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

struct Shared {
    reads: SqlitePool,
    writer: Writer,
    arrivals: Arc<Arrivals>,
    areas: AreaCache,
    bases: Bases,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("commits", &self.commits()).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// How many transactions this store has committed since it was opened.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.shared.writer.commits.load(Ordering::Relaxed)
    }

    /// Ends the store: what was given is written and answered, and the file is left in order. Calls on other clones
    /// fail from here on.
    pub async fn close(&self) {
        self.shared.writer.close().await;
        self.shared.reads.close().await;
    }
}
