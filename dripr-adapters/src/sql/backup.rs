//! Backups of a SQLite file: taken while others write to it, and made ready to be put in its place.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use dripr_core::{
    access::{ApiKey, Deed},
    agent::Agent,
    email::{Block, Suppression},
    errors::{Fault, PortError, PortResult},
    ids::{UserId, WebhookId},
    schedule::Instant,
    webhooks::Endpoint,
};
use serde::de::DeserializeOwned;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    dossier::{agent, json, suppression},
    error::{While, corrupt},
    instant::{instant, micros},
    migrations::located,
    open::{APPLICATION_ID, BACKUP_MARK, is_backup},
};
use crate::private_files::new_file;

/// How long another program's lock is waited for.
const BUSY: std::time::Duration = std::time::Duration::from_secs(10);

/// Writes a copy of a database, as it is at one moment, to a new file that only its owner can read, and looks whether it is
/// whole. Whoever works on the database goes on meanwhile. The copy says that it is one: [`SqlStore::sqlite`](super::SqlStore::sqlite)
/// refuses it until [`open_backup`] has made it a database again.
///
/// # Errors
/// [`Fault::Invalid`] if there is something at `file`; [`Fault::Misconfigured`] if there is no database, or the copy cannot be
/// written; [`Fault::Corrupt`] if the database is damaged. Nothing is left at `file` then.
pub async fn back_up(database: &Path, file: &Path, taken_at: Instant) -> PortResult<()> {
    let shown = database.display().to_string();
    if !database.exists() {
        return Err(PortError::new(Fault::Misconfigured, format!("there is no database {shown}")));
    }
    if file.symlink_metadata().is_ok() {
        return Err(there_already(file));
    }
    let part = beside(file, ".part");
    // What an interrupted backup left behind.
    remove_if_there(&part)?;
    new_file().open(&part).map_err(|error| file_error("cannot write", &part, error))?;
    let copied = located(copied(database, &part, taken_at).await, &shown).and_then(|()| {
        synced(&part)?;
        // A link, unlike a renaming, never replaces what came meanwhile.
        match fs::hard_link(&part, file) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(there_already(file)),
            // Some file systems have no links.
            Err(_) => fs::rename(&part, file).map_err(|error| file_error("cannot write", file, error)),
        }
    });
    let removed = remove_if_there(&part);
    copied.and(removed)?;
    synced(folder_of(file))
}

async fn copied(database: &Path, part: &Path, taken_at: Instant) -> PortResult<()> {
    let mut connection = connected(database, "opening it").await?;
    ours(&mut connection).await?;
    let target = part.to_str().ok_or_else(|| {
        PortError::new(Fault::Invalid, format!("the name {} is no Unicode", part.display()))
    })?;
    let copied =
        sqlx::query("VACUUM INTO ?1").bind(target).execute(&mut connection).await.doing("copying it");
    let _ = connection.close().await;
    copied?;
    let doing = "marking the copy";
    let mut copy = connected(part, doing).await?;
    whole(&mut copy).await?;
    let mark = format!("CREATE TABLE {BACKUP_MARK} (taken_at INTEGER NOT NULL) STRICT");
    sqlx::query(sqlx::AssertSqlSafe(mark)).execute(&mut copy).await.doing(doing)?;
    let mark = format!("INSERT INTO {BACKUP_MARK} (taken_at) VALUES (?1)");
    sqlx::query(sqlx::AssertSqlSafe(mark)).bind(micros(taken_at)).execute(&mut copy).await.doing(doing)?;
    copy.close().await.doing(doing)
}

/// A backup that was copied to where it is to be a database: looks whether it is whole and ours, takes the mark away that it is a
/// backup, and says when it was taken, if it says so itself. A mere copy of a database does not.
///
/// # Errors
/// [`Fault::Corrupt`] if it is damaged, or another program's database.
pub async fn open_backup(copy: &Path) -> PortResult<Option<Instant>> {
    let shown = copy.display().to_string();
    located(opened(copy).await, &shown)
}

async fn opened(copy: &Path) -> PortResult<Option<Instant>> {
    let doing = "reading when it was taken";
    let mut connection = connected(copy, "opening it").await?;
    ours(&mut connection).await?;
    whole(&mut connection).await?;
    let taken_at = if is_backup(&mut connection).await? {
        let sql = format!("SELECT max(taken_at) FROM {BACKUP_MARK}");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.doing(doing)?;
        let stored: Option<i64> = row.try_get(0).doing(doing)?;
        let sql = format!("DROP TABLE {BACKUP_MARK}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.doing(doing)?;
        stored.map(|stored| instant(stored, BACKUP_MARK, "taken_at", "")).transpose()?
    } else {
        None
    };
    connection.close().await.doing(doing)?;
    Ok(taken_at)
}

/// Makes sure that nobody has a database open, and puts all that is in its log into the file, so that it can be moved as one file.
/// `false` if it cannot be read any more.
///
/// # Errors
/// [`Fault::Unavailable`] if somebody has it open.
pub async fn quiet(database: &Path) -> PortResult<bool> {
    let open = || {
        let message = format!("{} is in use: stop all programs that work on it first", database.display());
        PortError::new(Fault::Unavailable, message)
    };
    let Ok(mut connection) = connected(database, "opening it").await else { return Ok(false) };
    // Leaving the log takes a lock that there is only when nobody else has the file open.
    let mode = sqlx::query("PRAGMA journal_mode = DELETE").fetch_one(&mut connection).await;
    let mode = mode.doing("leaving its log").and_then(|row| {
        let mode: String = row.try_get(0).doing("leaving its log")?;
        Ok(mode)
    });
    let _ = connection.close().await;
    match mode {
        Ok(mode) if mode.eq_ignore_ascii_case("delete") => Ok(true),
        Ok(_) => Err(open()),
        Err(error) if error.fault() == Fault::Unavailable => Err(open()),
        Err(_) => Ok(false),
    }
}

/// Every address that must not be written to, as a database has them, which is only read.
///
/// # Errors
/// It cannot be read.
pub async fn suppressions_of(database: &Path) -> PortResult<Vec<Suppression>> {
    let shown = database.display().to_string();
    let doing = "reading opt-outs";
    let read = async {
        let mut connection = connected(database, "opening it").await?;
        ours(&mut connection).await?;
        let sql = "SELECT state, cause FROM suppressions ORDER BY user_id, address_key";
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.doing(doing)?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let (state, cause): (String, String) =
                (row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?);
            suppression(&state, &cause)
        };
        rows.iter().map(read).collect()
    };
    located(read.await, &shown)
}

/// Every address that nobody writes to, as a database has them, which is only read.
///
/// # Errors
/// It cannot be read.
pub async fn blocks_of(database: &Path) -> PortResult<Vec<Block>> {
    let shown = database.display().to_string();
    let doing = "reading blocked addresses";
    let read = async {
        let mut connection = connected(database, "opening it").await?;
        ours(&mut connection).await?;
        // A database of before there were any has no such table.
        if !has_table(&mut connection, "blocked_addresses").await? {
            return Ok(Vec::new());
        }
        let sql = "SELECT state FROM blocked_addresses ORDER BY address_key";
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.doing(doing)?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let state: String = row.try_get(0).doing(doing)?;
            json::<Block>(&state, "blocked_addresses", "state", "")
        };
        rows.iter().map(read).collect()
    };
    located(read.await, &shown)
}

/// What a database knows of accounts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Accounts {
    /// All agents.
    pub agents: Vec<Agent>,
    /// The accounts that were removed where accounts are kept, whether they ever had an agent or not, and when.
    pub removed: Vec<(UserId, Instant)>,
}

/// All accounts, as a database has them, which is only read.
///
/// # Errors
/// It cannot be read.
pub async fn accounts_of(database: &Path) -> PortResult<Accounts> {
    let shown = database.display().to_string();
    let doing = "reading accounts";
    let read = async {
        let mut connection = connected(database, "opening it").await?;
        ours(&mut connection).await?;
        let sql = "SELECT id, state, subscription_status, managed_client_id FROM users ORDER BY id";
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.doing(doing)?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let client: Option<String> = row.try_get(3).doing(doing)?;
            let text = |at: usize| row.try_get::<String, _>(at).doing(doing);
            agent(&text(0)?, &text(1)?, &text(2)?, client.as_deref())
        };
        let agents = rows.iter().map(read).collect::<PortResult<Vec<_>>>()?;
        // A database of before this was noted has no such table.
        if !has_table(&mut connection, "removed_accounts").await? {
            return Ok(Accounts { agents, removed: Vec::new() });
        }
        let sql = "SELECT id, at FROM removed_accounts ORDER BY id";
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.doing(doing)?;
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let (id, at): (String, i64) = (row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?);
            let at = instant(at, "removed_accounts", "at", &id)?;
            let id = UserId::new(&id).map_err(|error| corrupt("removed_accounts", "id", &id, error))?;
            Ok((id, at))
        };
        let removed = rows.iter().map(read).collect::<PortResult<Vec<_>>>()?;
        Ok(Accounts { agents, removed })
    };
    located(read.await, &shown)
}

/// What a database knows of the ways in and out that programs have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Programs {
    /// All keys, those that were taken back too.
    pub keys: Vec<ApiKey>,
    /// All webhooks.
    pub webhooks: Vec<Endpoint>,
    /// Webhooks that were removed.
    pub removed_webhooks: BTreeSet<WebhookId>,
}

/// All keys and webhooks, as a database has them, which is only read.
///
/// # Errors
/// It cannot be read.
pub async fn programs_of(database: &Path) -> PortResult<Programs> {
    let shown = database.display().to_string();
    let read = async {
        let mut connection = connected(database, "opening it").await?;
        ours(&mut connection).await?;
        let keys = states(&mut connection, "api_keys").await?;
        let webhooks = states(&mut connection, "webhook_endpoints").await?;
        let deeds: Vec<Deed> = states(&mut connection, "deeds").await?;
        let removed = deeds.iter().filter(|deed| deed.what == "webhook_removed");
        let removed_webhooks = removed.filter_map(|deed| WebhookId::new(&deed.about).ok()).collect();
        Ok(Programs { keys, webhooks, removed_webhooks })
    };
    located(read.await, &shown)
}

/// What the rows of a table hold as JSON, in the order of their ids; nothing if there is no such table. A row that cannot be read
/// is left out, as it is wherever else it is looked at: it lets nobody in, and is told nothing.
async fn states<T: DeserializeOwned>(
    connection: &mut SqliteConnection,
    table: &'static str,
) -> PortResult<Vec<T>> {
    let doing = "reading keys and webhooks";
    if !has_table(connection, table).await? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT state FROM {table} ORDER BY id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await.doing(doing)?;
    let states = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>().doing(doing)?;
    Ok(states.iter().filter_map(|state| serde_json::from_str(state).ok()).collect())
}

async fn has_table(connection: &mut SqliteConnection, table: &str) -> PortResult<bool> {
    let doing = "looking for a table";
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    let row = sqlx::query(sql).bind(table).fetch_one(connection).await.doing(doing)?;
    let tables: i64 = row.try_get(0).doing(doing)?;
    Ok(tables > 0)
}

pub(super) async fn connected(file: &Path, doing: &'static str) -> PortResult<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false).busy_timeout(BUSY);
    options.disable_statement_logging().connect().await.doing(doing)
}

async fn ours(connection: &mut SqliteConnection) -> PortResult<()> {
    let doing = "reading its header";
    let row = sqlx::query("PRAGMA application_id").fetch_one(connection).await.doing(doing)?;
    let id: i32 = row.try_get(0).doing(doing)?;
    if id == APPLICATION_ID {
        return Ok(());
    }
    Err(PortError::new(Fault::Corrupt, "the file is a database of another program, not of dripr"))
}

async fn whole(connection: &mut SqliteConnection) -> PortResult<()> {
    let doing = "looking through it";
    let row = sqlx::query("PRAGMA integrity_check(1)").fetch_one(connection).await.doing(doing)?;
    let finding: String = row.try_get(0).doing(doing)?;
    if finding == "ok" {
        return Ok(());
    }
    Err(PortError::new(Fault::Corrupt, "the file is damaged").caused_by(finding))
}

fn there_already(file: &Path) -> PortError {
    let message = format!("{} is there already; a backup never overwrites anything", file.display());
    PortError::new(Fault::Invalid, message)
}

fn file_error(what: &str, file: &Path, error: io::Error) -> PortError {
    PortError::new(Fault::Misconfigured, format!("{what} {}", file.display())).caused_by(error)
}

fn remove_if_there(file: &Path) -> PortResult<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(file_error("cannot remove", file, error))
        }
        _ => Ok(()),
    }
}

/// What is in the file, or the names in the folder, outlasts a power failure from here on.
fn synced(path: &Path) -> PortResult<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| file_error("cannot sync", path, error))
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
