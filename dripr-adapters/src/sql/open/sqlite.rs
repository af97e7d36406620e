//! A SQLite file: created, migrated and looked through.

use std::{path::Path, sync::Arc, time::Duration};

use dripr_core::errors::{Fault, PortError, PortResult};
use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    super::{
        SqlStore, SqliteOptions,
        arrivals::{Arrivals, Hearing, Told},
        bans,
        connection::{Connecting, Dialect, Pool},
        error::{While, is_contended, sorted},
        external_ids, maker,
        migrations::{Hindrance, bring_up_to_date, located},
        options::Writing,
        writer::Writer,
    },
    STATEMENTS,
};
use crate::private_files::new_file;

/// Marks a file as ours (`PRAGMA application_id`): "drip" in ASCII.
pub(in crate::sql) const APPLICATION_ID: i32 = 0x6472_6970;

/// The table that marks a backup.
pub(in crate::sql) const BACKUP_MARK: &str = "backup_taken";

/// How often a migration that another process was faster with is looked at again.
const MIGRATION_TRIES: u8 = 5;

impl SqlStore {
    /// Opens a SQLite file, after creating it if it is not there, migrating it and checking it.
    ///
    /// Must be called on a tokio runtime with its timers on; the writing task lives there.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] if the file is damaged, is no database of dripr's or was written by a newer version;
    /// [`Fault::Misconfigured`] if it cannot be created, read or written.
    pub async fn sqlite(path: impl AsRef<Path>, options: SqliteOptions) -> PortResult<Self> {
        opened(path.as_ref(), options).await
    }

    /// Creates a SQLite file or brings its schema up to date, and nothing else.
    ///
    /// # Errors
    /// As for [`SqlStore::sqlite`].
    pub async fn migrate_sqlite(path: impl AsRef<Path>) -> PortResult<()> {
        prepare(path.as_ref(), &SqliteOptions::default()).await
    }
}

/// Boxed, so that all that writes is compiled with this crate and not once more with each host.
fn opened(path: &Path, options: SqliteOptions) -> BoxFuture<'_, PortResult<SqlStore>> {
    async move {
        prepare(path, &options).await?;
        let connecting = connecting(path, &options);
        let reads = SqlitePoolOptions::new()
            .max_connections(options.readers.max(1))
            .min_connections(0)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(connecting.clone().pragma("query_only", "ON"));
        let arrivals = Arc::new(Arrivals::default());
        let writing = Writing::new(options.durable, options.group, options.queues);
        let connecting = Connecting::Sqlite(connecting.pragma("cache_size", "-8000"), options.durable);
        let mut connection = connecting.open().await.doing("opening it for writing")?;
        maker::fill_in(&mut connection).await?;
        external_ids::take_away_left(&mut connection).await?;
        let left = bans::left(&mut connection).await?;
        let writer = Writer::spawn(&connecting, vec![connection], writing, &arrivals, &Told::Nothing);
        bans::end(&writer, left).await?;
        let hearing = writer.asked_from_afar().map(|jobs| Hearing::by_asking(jobs, arrivals.clone()));
        Ok(SqlStore::of(Pool::Sqlite(reads), writer, arrivals, hearing))
    }
    .boxed()
}

fn connecting(path: &Path, options: &SqliteOptions) -> SqliteConnectOptions {
    let synchronous = if options.durable { SqliteSynchronous::Full } else { SqliteSynchronous::Normal };
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        .statement_cache_capacity(STATEMENTS)
        // A checkpoint syncs the file twice; 16 MB of log between two of them.
        .pragma("wal_autocheckpoint", "4000")
        .pragma("journal_size_limit", "67108864")
        .disable_statement_logging()
}

/// How often opening is tried while another program opens the same file.
const TRIES: u32 = 12;

/// Prepares a file. SQLite does not wait while another connection changes a new file's journal mode, whatever the busy
/// timeout says, so that is waited for here.
fn prepare<'a>(path: &'a Path, options: &'a SqliteOptions) -> BoxFuture<'a, PortResult<()>> {
    async move {
        let mut tried = 1;
        loop {
            match prepare_once(path, options).await {
                Err(error) if error.fault() == Fault::Unavailable && tried < TRIES => {
                    tokio::time::sleep(Duration::from_millis(u64::from(tried) * 20)).await;
                    tried += 1;
                }
                prepared => return prepared,
            }
        }
    }
    .boxed()
}

async fn prepare_once(path: &Path, options: &SqliteOptions) -> PortResult<()> {
    let shown = path.display().to_string();
    // SQLite would make it readable for everybody, and gives its log the rights that the file has. Where it cannot be
    // made, SQLite says why.
    let _ = new_file().open(path);
    let opened = connecting(path, options).connect().await.doing("opening it");
    let mut connection = located(opened, &shown)?;
    let prepared = async {
        check_header(&mut connection).await?;
        migrate(&mut connection, options).await?;
        let size = tokio::fs::metadata(path).await.map(|file| file.len()).unwrap_or(u64::MAX);
        if size <= options.check_up_to {
            look_through(&mut connection).await?;
        }
        Ok(())
    };
    let prepared = located(prepared.await, &shown);
    // The connection was only for this; a failure to close it cannot hurt.
    let _ = connection.close().await;
    prepared
}

/// Refuses a database of another program. SQLite itself refuses what is no database, or shorter than its header says.
async fn check_header(connection: &mut SqliteConnection) -> PortResult<()> {
    let doing = "reading its header";
    let (id, tables): (i32, i64) = {
        let id = sqlx::query("PRAGMA application_id").fetch_one(&mut *connection).await.doing(doing)?;
        let tables = sqlx::query("SELECT count(*) FROM sqlite_schema")
            .fetch_one(&mut *connection)
            .await
            .doing(doing)?;
        (id.try_get(0).doing(doing)?, tables.try_get(0).doing(doing)?)
    };
    if id == APPLICATION_ID {
        if is_backup(connection).await? {
            let message =
                "it is a backup: put it in place with `dripr restore`, so that nothing is sent again";
            return Err(PortError::new(Fault::Misconfigured, message));
        }
        return Ok(());
    }
    if tables > 0 {
        return Err(PortError::new(
            Fault::Corrupt,
            "the file is a database of another program, not of dripr",
        ));
    }
    sqlx::query("PRAGMA application_id = 1685219696").execute(&mut *connection).await.doing("marking it")?;
    Ok(())
}

/// Whether it is marked as a backup.
pub(in crate::sql) async fn is_backup(connection: &mut SqliteConnection) -> PortResult<bool> {
    let doing = "looking whether it is a backup";
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = ?1";
    let row = sqlx::query(sql).bind(BACKUP_MARK).fetch_one(connection).await.doing(doing)?;
    Ok(row.try_get::<i64, _>(0).doing(doing)? > 0)
}

async fn migrate(connection: &mut SqliteConnection, options: &SqliteOptions) -> PortResult<()> {
    let mut tries = 1;
    loop {
        match bring_up_to_date(&mut *connection, Dialect::Sqlite).await {
            Ok(()) => return Ok(()),
            // Another process may be migrating the same new file: then it is done in a moment.
            Err(Hindrance::Database(error)) => {
                let raced = is_contended(&error) || error.to_string().contains("already exists");
                if !raced || tries >= MIGRATION_TRIES {
                    return Err(sorted(error, "bringing its schema up to date"));
                }
                tries += 1;
                tokio::time::sleep(options.busy_timeout / 100).await;
            }
            Err(Hindrance::Final(error)) => return Err(error),
            // Half a migration is taken back.
            #[cfg(feature = "mysql")]
            Err(Hindrance::Interrupted) => {
                return Err(PortError::new(Fault::Corrupt, "a migration was interrupted"));
            }
        }
    }
}

async fn look_through(connection: &mut SqliteConnection) -> PortResult<()> {
    let doing = "looking through it";
    let row = sqlx::query("PRAGMA quick_check(1)").fetch_one(connection).await.doing(doing)?;
    let finding: String = row.try_get(0).doing(doing)?;
    if finding == "ok" {
        return Ok(());
    }
    let message = "the file is damaged; restore it from a backup, nothing is sent from it";
    Err(PortError::new(Fault::Corrupt, message).caused_by(finding))
}
