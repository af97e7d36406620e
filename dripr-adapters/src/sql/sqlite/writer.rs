//! The one task that writes. Calls that wait while it works share its next commit, so that many callers cost few
//! commits; it never waits for more callers, and answers none before its commit.
//!
//! A group that fails as a whole is taken apart: each call runs again in a transaction of its own, so that one call
//! that breaks a rule does not fail the others.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::Queue,
};
use futures_util::future::BoxFuture;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

use super::{
    SqliteOptions,
    error::{While, is_busy, sorted},
    execute::{self, ExecuteJob},
    message::Base,
    queue::Arrivals,
};

/// How often a transaction is tried while somebody else holds the file, each time after the whole busy timeout.
const TRIES: u8 = 3;

/// How often another process's writes are looked for while somebody waits for a delivery.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Calls that may wait for the writer; beyond that, callers wait before they are let in.
const WAITING: usize = 1024;

/// The handle of the writing task.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    ended: Mutex<Option<JoinHandle<()>>>,
    pub(super) commits: Arc<AtomicU64>,
}

/// A call to be written.
pub(super) enum Job {
    /// Commands; all that wait together are executed together.
    Execute(ExecuteJob),
    /// Anything else.
    Call(Box<dyn Call>),
}

/// One call's part of a transaction.
pub(super) trait Call: Send {
    /// Does its part. It may be done again, after a rollback.
    fn run<'a>(&'a mut self, transaction: &'a mut Transaction<'_>) -> BoxFuture<'a, PortResult<()>>;
    /// Answers the caller, once the transaction is committed or has failed.
    fn answer(self: Box<Self>, outcome: PortResult<()>);
    /// Whether a power failure may take it back: it would only be done again.
    fn repeatable(&self) -> bool;
}

/// What a transaction works with.
pub(super) struct Transaction<'a> {
    pub(super) connection: &'a mut SqliteConnection,
    /// The queues that got something, as bits of [`Queue`].
    pub(super) woken: u16,
    /// Bases of texts that this transaction stores.
    pub(super) bases: Vec<Arc<Base>>,
}

impl Transaction<'_> {
    pub(super) fn wake(&mut self, queue: Queue) {
        self.woken |= 1 << queue as u16;
    }
}

struct Closure<F, T> {
    run: F,
    result: Option<T>,
    reply: oneshot::Sender<PortResult<T>>,
    repeatable: bool,
}

impl<F, T> Call for Closure<F, T>
where
    F: for<'a> FnMut(&'a mut Transaction<'_>) -> BoxFuture<'a, PortResult<T>> + Send,
    T: Send,
{
    fn run<'a>(&'a mut self, transaction: &'a mut Transaction<'_>) -> BoxFuture<'a, PortResult<()>> {
        let running = (self.run)(transaction);
        let result = &mut self.result;
        Box::pin(async move {
            *result = Some(running.await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, outcome: PortResult<()>) {
        let Self { result, reply, .. } = *self;
        // A caller that is gone needs no answer.
        let _ = reply.send(outcome.and_then(|()| result.ok_or_else(gone)));
    }

    fn repeatable(&self) -> bool {
        self.repeatable
    }
}

impl Job {
    async fn run(&mut self, transaction: &mut Transaction<'_>) -> PortResult<()> {
        match self {
            Self::Execute(job) => execute::run(transaction, &mut [job]).await,
            Self::Call(call) => call.run(transaction).await,
        }
    }

    fn answer(self, outcome: PortResult<()>) {
        match self {
            Self::Execute(job) => job.answer(outcome),
            Self::Call(call) => call.answer(outcome),
        }
    }
}

impl Writer {
    pub(super) async fn spawn(
        connecting: SqliteConnectOptions,
        options: &SqliteOptions,
        arrivals: Arc<Arrivals>,
    ) -> PortResult<Self> {
        let connecting = connecting.pragma("cache_size", "-8000");
        let mut connection = connecting.connect().await.doing("opening it for writing")?;
        let seen = data_version(&mut connection).await.doing("reading its version")?;
        let (jobs, inbox) = mpsc::channel(WAITING);
        let commits = Arc::new(AtomicU64::new(0));
        let task = Task {
            connecting,
            connection,
            doubtful: false,
            inbox,
            arrivals,
            commits: commits.clone(),
            group: options.group.max(1),
            durable: options.durable,
            synced: options.durable,
            seen,
        };
        let ended = tokio::spawn(task.run());
        Ok(Self { jobs: Mutex::new(Some(jobs)), ended: Mutex::new(Some(ended)), commits })
    }

    /// Takes no more calls, and returns when all earlier ones are answered.
    pub(super) async fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(ended) = ended {
            // The task answers its callers itself; there is nothing to learn from its end.
            let _ = ended.await;
        }
    }

    pub(super) async fn send(&self, job: Job) -> PortResult<()> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        jobs.ok_or_else(gone)?.send(job).await.map_err(|_| gone())
    }

    /// Runs a part of a transaction and gives its result after the commit.
    pub(super) async fn call<T, F>(&self, run: F) -> PortResult<T>
    where
        F: for<'a> FnMut(&'a mut Transaction<'_>) -> BoxFuture<'a, PortResult<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.enqueue(run, false).await
    }

    /// As [`Writer::call`], for what a power failure may take back, because it would only be done again.
    pub(super) async fn call_repeatable<T, F>(&self, run: F) -> PortResult<T>
    where
        F: for<'a> FnMut(&'a mut Transaction<'_>) -> BoxFuture<'a, PortResult<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.enqueue(run, true).await
    }

    async fn enqueue<T, F>(&self, run: F, repeatable: bool) -> PortResult<T>
    where
        F: for<'a> FnMut(&'a mut Transaction<'_>) -> BoxFuture<'a, PortResult<T>> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Call(Box::new(Closure { run, result: None, reply, repeatable }))).await?;
        answer.await.map_err(|_| gone())?
    }
}

pub(super) fn gone() -> PortError {
    PortError::new(Fault::Unavailable, "the database was closed")
}

struct Task {
    connecting: SqliteConnectOptions,
    /// Held until the next one is open: SQLite's memory of the log is shared by all connections of a process, and lets
    /// none of them write if it was made by one that was opened when the disk was read-only.
    connection: SqliteConnection,
    /// Whether another connection is to be opened before the next transaction.
    doubtful: bool,
    inbox: mpsc::Receiver<Job>,
    arrivals: Arc<Arrivals>,
    commits: Arc<AtomicU64>,
    group: usize,
    durable: bool,
    /// Whether commits are synced to the disk at present.
    synced: bool,
    /// `PRAGMA data_version` when other processes' writes were last looked for.
    seen: i64,
}

impl Task {
    async fn run(mut self) {
        let mut listening: watch::Receiver<usize> = self.arrivals.listening();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let listened_to = *listening.borrow_and_update() > 0;
            tokio::select! {
                job = self.inbox.recv() => {
                    let Some(job) = job else { break };
                    self.work(job).await;
                }
                _ = look.tick(), if listened_to => self.look().await,
                // Somebody began to wait for deliveries: from here on they are looked for.
                _ = listening.changed(), if !listened_to => {}
            }
        }
        // What was answered is in the log already; closing only tidies up.
        let _ = self.connection.close().await;
    }

    /// One look for other processes' writes.
    async fn look(&mut self) {
        let Ok(connection) = self.connection().await else { return };
        // It changes with what other connections commit, and not with what this one does.
        let Ok(version) = data_version(connection).await else { return };
        if std::mem::replace(&mut self.seen, version) != version {
            self.arrivals.arrived(u16::MAX);
        }
    }

    async fn work(&mut self, first: Job) {
        let mut jobs = VecDeque::from([first]);
        while jobs.len() < self.group {
            match self.inbox.try_recv() {
                Ok(job) => jobs.push_back(job),
                Err(_) => break,
            }
        }
        let mut jobs: Vec<Job> = jobs.into();
        match self.commit(&mut jobs).await {
            Ok(()) => answer_all(jobs, None),
            // The file itself is in the way: all would fail alike.
            Err(error) if jobs.len() == 1 || shared_by_all(&error) => answer_all(jobs, Some(error)),
            Err(_) => {
                for job in jobs {
                    let mut alone = [job];
                    let error = self.commit(&mut alone).await.err();
                    answer_all(alone, error);
                }
            }
        }
    }

    /// Commits jobs together, or fails and changes nothing.
    async fn commit(&mut self, jobs: &mut [Job]) -> PortResult<()> {
        let mut tries = 1;
        loop {
            let error = match self.attempt(jobs).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            self.roll_back(&error).await;
            if error.fault() != Fault::Unavailable || tries >= TRIES {
                return Err(error);
            }
            tries += 1;
        }
    }

    async fn attempt(&mut self, jobs: &mut [Job]) -> PortResult<()> {
        let repeatable = jobs.iter().all(|job| matches!(job, Job::Call(call) if call.repeatable()));
        self.sync(self.durable && !repeatable).await?;
        let connection = self.connection().await?;
        begin(connection).await?;
        let mut transaction = Transaction { connection, woken: 0, bases: Vec::new() };
        // Commands of all callers are one piece of work.
        let (mut executes, others): (Vec<&mut ExecuteJob>, Vec<&mut Job>) =
            jobs.iter_mut().fold((Vec::new(), Vec::new()), |(mut executes, mut others), job| {
                match job {
                    Job::Execute(execute) => executes.push(execute),
                    Job::Call(_) => others.push(job),
                }
                (executes, others)
            });
        if !executes.is_empty() {
            execute::run(&mut transaction, &mut executes).await?;
        }
        for job in others {
            job.run(&mut transaction).await?;
        }
        sqlx::query("COMMIT").execute(&mut *transaction.connection).await.doing("committing")?;
        let Transaction { woken, bases, .. } = transaction;
        self.commits.fetch_add(1, Ordering::Relaxed);
        for base in bases {
            base.is_stored();
        }
        if woken != 0 {
            self.arrivals.arrived(woken);
        }
        Ok(())
    }

    /// Switches between commits that are on the disk when they are answered and commits that get there with the next
    /// such one.
    async fn sync(&mut self, on: bool) -> PortResult<()> {
        if self.synced == on {
            return Ok(());
        }
        let pragma = if on { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" };
        sqlx::query(pragma).execute(self.connection().await?).await.doing("preparing to write")?;
        self.synced = on;
        Ok(())
    }

    async fn roll_back(&mut self, error: &PortError) {
        // A connection that was opened when the disk was read-only can never write. Where there is nothing to roll back,
        // SQLite did it by itself, or the connection is broken. A new one knows for sure.
        let rolled_back = sqlx::query("ROLLBACK").execute(&mut self.connection).await;
        self.doubtful |= error.fault() == Fault::Misconfigured || rolled_back.is_err();
    }

    async fn connection(&mut self) -> PortResult<&mut SqliteConnection> {
        if self.doubtful {
            self.connection = self.connecting.connect().await.doing("opening it for writing")?;
            self.synced = self.durable;
            self.doubtful = false;
        }
        Ok(&mut self.connection)
    }
}

async fn data_version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query("PRAGMA data_version").fetch_one(connection).await?.try_get(0)
}

async fn begin(connection: &mut SqliteConnection) -> PortResult<()> {
    // The lock is taken at once: a transaction that read first could be refused when it comes to writing.
    match sqlx::query("BEGIN IMMEDIATE").execute(connection).await {
        Ok(_) => Ok(()),
        Err(error) if is_busy(&error) => Err(sorted(error, "waiting to write")),
        Err(error) => Err(sorted(error, "beginning to write")),
    }
}

/// Whether the file or the disk is in the way, and not what one call wants.
fn shared_by_all(error: &PortError) -> bool {
    matches!(error.fault(), Fault::Unavailable | Fault::Misconfigured)
}

fn answer_all(jobs: impl IntoIterator<Item = Job>, error: Option<PortError>) {
    let Some(error) = error else {
        jobs.into_iter().for_each(|job| job.answer(Ok(())));
        return;
    };
    let mut jobs = jobs.into_iter();
    let first = jobs.next();
    for job in jobs {
        job.answer(Err(PortError::new(error.fault(), error.to_string())));
    }
    if let Some(first) = first {
        first.answer(Err(error));
    }
}
