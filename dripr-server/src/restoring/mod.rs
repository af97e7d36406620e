//! Putting a backup in the place of a database, and what must be done to it before anything is sent from it.
//!
//! All is done on a copy beside that place. Only when it is done is the copy given the database's name, so that whatever
//! breaks off on the way leaves what was there.

mod opted_out;

pub use opted_out::OptedOut;

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use dripr_adapters::sql::{
    SqlStore, SqliteOptions,
    backup::{Accounts, Programs, accounts_of, blocks_of, open_backup, programs_of, quiet, suppressions_of},
};
use dripr_core::{
    access::{ApiKey, Reach},
    agent::Agent,
    campaign::{Actor, command::Bench},
    email::Suppression,
    ports::{AgentStore, ApiKeyStore, BlockStore, ContactStore},
    restored::{self, Marked},
    schedule::Instant,
};

use crate::failure::Failure;

/// What is to be put where.
#[derive(Debug)]
pub struct Plan {
    /// The backup.
    pub file: PathBuf,
    /// Where the database is to be.
    pub path: PathBuf,
    /// Whether a database that is there is moved aside.
    pub replace: bool,
    /// When the backup was taken, where it does not say so itself.
    pub taken_at: Option<Instant>,
}

/// A database that was moved aside.
#[derive(Debug)]
pub struct Aside {
    /// Where it is now.
    pub path: PathBuf,
    /// Whether it could be read.
    pub readable: bool,
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Tally {
    /// To campaigns.
    pub marked: Marked,
    /// Opt-outs that were not known before.
    pub opted_out: u64,
    /// Opt-outs of agents that are not there.
    pub unknown_agents: u64,
    /// Blocked addresses that were not known before.
    pub blocked: u64,
    /// Accounts that were removed, paused or banned since, pay otherwise or belong elsewhere.
    pub accounts: u64,
    /// Keys that were taken back since.
    pub keys: u64,
    /// Webhooks that were removed or switched off since, or have another secret or address.
    pub webhooks: u64,
    /// The keys that work now.
    pub working_keys: Vec<ApiKey>,
}

/// Puts a backup in place; says when it was taken.
///
/// # Errors
/// The backup is damaged, another program's, or of a newer version; there is a database and it is not to be replaced, or it is in
/// use. What was there is as before then.
pub async fn put_in_place(
    plan: Plan,
    desk: Bench,
    mut opted_out: OptedOut,
) -> Result<(Instant, Option<Aside>, Tally), Failure> {
    let Plan { file, path, replace, taken_at } = plan;
    let is_there = there(&path) || there(&beside(&path, "-wal"));
    if is_there && !replace {
        return Err(Failure::new(format!(
            "there is a database {}; --replace moves it aside and takes over its opt-outs, which addresses are blocked, who may not send, and \
             which keys and webhooks there are no more",
            path.display()
        )));
    }
    let copy = beside(&path, ".restoring");
    discard(&copy)?;
    copied(&file, &copy)?;
    let done = prepare(&path, &copy, is_there, taken_at, desk, &mut opted_out).await;
    let (taken_at, readable, tally) = match done {
        Ok(done) => done,
        Err(failure) => {
            // The copy may hold what people entrusted to us; it is of no use to anybody.
            let _ = discard(&copy);
            // The copy's name is none that the person knows.
            let said = failure.to_string().replace(&copy.display().to_string(), &file.display().to_string());
            return Err(Failure::new(said));
        }
    };
    let aside = match readable {
        None => None,
        Some(readable) => {
            let stamp = desk_stamp(taken_at.1);
            let aside = beside(&path, &format!(".replaced-{stamp}"));
            moved(&path, &aside)?;
            Some(Aside { path: aside, readable })
        }
    };
    fs::rename(&copy, &path).map_err(|error| Failure::file("cannot put in place", &path, error))?;
    synced(folder_of(&path))?;
    Ok((taken_at.0, aside, tally))
}

/// When the backup was taken and the present; whether the database that is there can be read, if one is; what was done.
type Prepared = ((Instant, Instant), Option<bool>, Tally);

async fn prepare(
    path: &Path,
    copy: &Path,
    is_there: bool,
    taken_at: Option<Instant>,
    desk: Bench,
    opted_out: &mut OptedOut,
) -> Result<Prepared, Failure> {
    let said = open_backup(copy).await?;
    let taken_at = said.or(taken_at).ok_or_else(|| {
        Failure::new(
            "the file does not say when it was taken, as one of `dripr backup` does: give it with --taken-at",
        )
    })?;
    let now = desk.clock.now();
    if taken_at > now {
        return Err(Failure::new(
            "the backup is of a later time than the present: look whether the clock is right",
        ));
    }
    let (mut readable, mut blocks) = (None, Vec::new());
    let (mut accounts, mut programs) = (Accounts::default(), Programs::default());
    if is_there {
        let quiet = quiet(path).await?;
        // Nobody writes to it any more: no opt-out comes after these.
        let found = if quiet { suppressions_of(path).await.ok() } else { None };
        let blocked = if quiet { blocks_of(path).await.ok() } else { None };
        let known = if quiet { accounts_of(path).await.ok() } else { None };
        let given = if quiet { programs_of(path).await.ok() } else { None };
        readable = Some(found.is_some() && blocked.is_some() && known.is_some() && given.is_some());
        opted_out.add(found.unwrap_or_default());
        blocks = blocked.unwrap_or_default();
        accounts = known.unwrap_or_default();
        programs = given.unwrap_or_default();
    }
    let store = SqlStore::sqlite(copy, SqliteOptions::default()).await?;
    let done = async {
        // First who is not to be written to. A block that was lifted since stands again: that is the safe mistake.
        let mut blocked = 0;
        for block in blocks {
            blocked += u64::from(store.block(block).await?);
        }
        let mut keys = 0;
        for key in &programs.keys {
            keys += u64::from(restored::take_over_key(&store, key).await?);
        }
        // Who goes to another brokerage loses keys and webhooks; after that these stand as they stood.
        let accounts = taken_over(&store, &accounts, now).await?;
        let (later, removed) = (&programs.webhooks, &programs.removed_webhooks);
        let webhooks = restored::take_over_webhooks(&store, later, removed, now).await?;
        let tally = mark(&store, &Arc::new(desk), taken_at, opted_out).await?;
        Ok::<_, Failure>(Tally { blocked, accounts, keys, webhooks, ..tally })
    };
    let done = done.await;
    store.close().await;
    let done = done?;
    if there(&beside(copy, "-wal")) {
        return Err(Failure::new("the restored database could not be closed in order; please try again"));
    }
    let _ = fs::remove_file(beside(copy, "-shm"));
    synced(copy)?;
    Ok(((taken_at, now), readable, done))
}

/// Applies the rule that nothing is sent again to a database, and adds opt-outs that it does not know.
///
/// # Errors
/// The store's.
pub async fn mark(
    store: &SqlStore,
    desk: &Arc<Bench>,
    taken_at: Instant,
    opted_out: &OptedOut,
) -> Result<Tally, Failure> {
    // First who is not to be written to.
    let (mut added, mut unknown_agents) = (0, 0);
    let mut agents: Vec<Agent> = Vec::new();
    loop {
        let page = store.agents(&Reach::Deployment, agents.last().map(|agent| agent.id.clone()), 500).await?;
        let full = page.len() == 500;
        agents.extend(page);
        if !full {
            break;
        }
    }
    for suppression in opted_out.of(&agents, &mut unknown_agents) {
        added += u64::from(suppressed(store, suppression).await?);
    }
    let marked = restored::mark(store, desk, taken_at).await?;
    let working_keys = working_keys(store, desk.clock.now()).await?;
    let opted_out = added;
    Ok(Tally {
        marked,
        opted_out,
        unknown_agents,
        blocked: 0,
        accounts: 0,
        keys: 0,
        webhooks: 0,
        working_keys,
    })
}

/// All keys that admit somebody at an instant.
async fn working_keys(store: &SqlStore, now: Instant) -> Result<Vec<ApiKey>, Failure> {
    let mut working = Vec::new();
    let mut after = None;
    loop {
        let page = store.api_keys(&Reach::Deployment, after, 500).await?;
        let Some(last) = page.last() else { return Ok(working) };
        after = Some(last.id.clone());
        working.extend(page.into_iter().filter(|key| key.works(now)));
    }
}

/// Takes over who may not send any more; says how many accounts that changes.
async fn taken_over(store: &SqlStore, later: &Accounts, now: Instant) -> Result<u64, Failure> {
    let mut changed = 0;
    for agent in &later.agents {
        changed += u64::from(restored::take_over(store, agent, now).await?);
    }
    for (id, at) in &later.removed {
        // An agent who is removed is counted above; the id is noted besides.
        changed += u64::from(store.remove(id, *at).await? && store.agent(id).await?.is_none());
    }
    Ok(changed)
}

/// Whether that is news.
async fn suppressed(store: &SqlStore, suppression: Suppression) -> Result<bool, Failure> {
    let known = store.suppression(&suppression.user_id, &suppression.address).await?;
    if known.is_some_and(|known| known.cause >= suppression.cause) {
        return Ok(false);
    }
    store.suppress(suppression, Actor::Operator).await?;
    Ok(true)
}

fn desk_stamp(now: Instant) -> String {
    now.format("%Y%m%dT%H%M%SZ").to_string()
}

/// The backup's bytes, and those of its log where it was copied with one.
fn copied(file: &Path, copy: &Path) -> Result<(), Failure> {
    one_copied(file, copy)?;
    let log = beside(file, "-wal");
    if there(&log) { one_copied(&log, &beside(copy, "-wal")) } else { Ok(()) }
}

fn one_copied(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut input = File::open(from).map_err(|error| Failure::file("cannot open", from, error))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut output = options.open(to).map_err(|error| Failure::file("cannot write", to, error))?;
    io::copy(&mut input, &mut output).map_err(|error| Failure::file("cannot write", to, error))?;
    Ok(())
}

/// Moves a database with whatever lies beside it, and never onto another one.
fn moved(path: &Path, aside: &Path) -> Result<(), Failure> {
    if there(aside) {
        return Err(Failure::new(format!("{} is there already", aside.display())));
    }
    for suffix in ["-wal", "-shm", ""] {
        let (from, to) = (beside(path, suffix), beside(aside, suffix));
        match fs::rename(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::file("cannot move aside", &from, error));
            }
            _ => {}
        }
    }
    synced(folder_of(path))
}

fn discard(copy: &Path) -> Result<(), Failure> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let file = beside(copy, suffix);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::file("cannot remove", &file, error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn synced(path: &Path) -> Result<(), Failure> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|error| Failure::file("cannot sync", path, error))
}

fn there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
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
