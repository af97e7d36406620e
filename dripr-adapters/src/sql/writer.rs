//! The tasks that write. Calls that wait while they work share the next commit, so that many callers cost few commits;
//! nobody waits for callers who have nothing to write yet, and nobody is answered before the commit.
//!
//! A group that fails as a whole is taken apart: each call runs again in a transaction of its own, so that one call
//! that breaks a rule does not fail the others.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::Queue,
};
use futures_util::future::BoxFuture;
use tokio::{
    sync::{Mutex as Turn, mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    arrivals::{Arrivals, OUTBOX, Told, WEBHOOKS},
    connection::{Connecting, Connection},
    error::{While, is_contended, is_taken, said_nothing, sorted},
    execute::{self, ExecuteJob},
    message::Base,
    options::Writing,
};

/// How often a transaction is tried while others are in its way.
const TRIES: u8 = 8;

/// How often one is tried into which a key came from elsewhere: who reads again finds it.
const TRIES_FOR_A_KEY: u8 = 3;

/// How often one is tried at a server that says nothing: once more, by another connection.
const TRIES_IN_SILENCE: u8 = 2;

/// Calls that may wait to be written; beyond that, callers wait before they are let in.
const WAITING: usize = 1024;

/// The handle of the writing tasks.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    ended: Mutex<Vec<JoinHandle<()>>>,
    pub(super) commits: Arc<AtomicU64>,
}

/// A call to be written.
pub(super) enum Job {
    /// Commands; all that wait together are executed together.
    Execute(ExecuteJob),
    /// Anything else.
    Call(Box<dyn Call>),
    /// A look for other processes' writes, where the connection that writes can tell them from its own.
    Look,
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
    pub(super) connection: &'a mut Connection,
    /// Whether events go to the outbox and not into queues.
    pub(super) relayed: bool,
    /// The queues that got something, as bits of [`Queue`], the outbox, and webhooks.
    pub(super) woken: u16,
    /// Bases of texts that this transaction stores.
    pub(super) bases: Vec<Arc<Base>>,
}

impl Transaction<'_> {
    pub(super) fn wake(&mut self, queue: Queue) {
        self.woken |= 1 << queue as u16;
    }

    pub(super) fn wake_relay(&mut self) {
        self.woken |= OUTBOX;
    }

    pub(super) fn wake_courier(&mut self) {
        self.woken |= WEBHOOKS;
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
            Self::Look => Ok(()),
        }
    }

    fn answer(self, outcome: PortResult<()>) {
        match self {
            Self::Execute(job) => job.answer(outcome),
            Self::Call(call) => call.answer(outcome),
            Self::Look => {}
        }
    }
}

impl Writer {
    /// Begins to write, by one task for each connection.
    pub(super) fn spawn(
        connecting: &Connecting,
        connections: Vec<Connection>,
        writing: Writing,
        arrivals: &Arc<Arrivals>,
        told: &Told,
    ) -> Self {
        let (jobs, inbox) = mpsc::channel(WAITING);
        let inbox = Arc::new(Turn::new(inbox));
        let commits = Arc::new(AtomicU64::new(0));
        let ended = connections.into_iter().map(|connection| {
            let task = Task {
                connecting: connecting.clone(),
                connection,
                doubtful: false,
                seen: None,
                inbox: inbox.clone(),
                arrivals: arrivals.clone(),
                told: told.clone(),
                commits: commits.clone(),
                writing,
            };
            tokio::spawn(task.run())
        });
        let ended = ended.collect();
        Self { jobs: Mutex::new(Some(jobs)), ended: Mutex::new(ended), commits }
    }

    /// Takes no more calls, and returns when all earlier ones are answered.
    pub(super) async fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let ended = std::mem::take(&mut *self.ended.lock().unwrap_or_else(PoisonError::into_inner));
        for ended in ended {
            // The tasks answer their callers themselves; there is nothing to learn from their end.
            let _ = ended.await;
        }
    }

    /// Whoever asks for looks by this does not keep the tasks from ending.
    pub(super) fn asked_from_afar(&self) -> Option<mpsc::WeakSender<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(mpsc::Sender::downgrade)
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
        self.enqueue(false, run).await
    }

    /// As [`Writer::call`], for what a power failure may take back, because it would only be done again.
    pub(super) async fn call_repeatable<T, F>(&self, run: F) -> PortResult<T>
    where
        F: for<'a> FnMut(&'a mut Transaction<'_>) -> BoxFuture<'a, PortResult<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.enqueue(true, run).await
    }

    /// As [`Writer::call`], or as [`Writer::call_repeatable`].
    pub(super) async fn enqueue<T, F>(&self, repeatable: bool, run: F) -> PortResult<T>
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
    connecting: Connecting,
    /// Held until the next one is open: SQLite's memory of the log is shared by all connections of a process, and lets
    /// none of them write if it was made by one that was opened when the disk was read-only.
    connection: Connection,
    /// Whether another connection is to be opened before the next transaction.
    doubtful: bool,
    /// The connection's [`Connection::data_version`] when other processes' writes were last looked for.
    seen: Option<i64>,
    inbox: Arc<Turn<mpsc::Receiver<Job>>>,
    arrivals: Arc<Arrivals>,
    told: Told,
    commits: Arc<AtomicU64>,
    writing: Writing,
}

/// Why nothing was committed, or perhaps not.
struct Failed {
    error: PortError,
    /// Whether it may be committed although it failed, because the connection broke or the server said nothing any more: then it must
    /// not be done again by itself.
    unknown: bool,
}

impl From<PortError> for Failed {
    fn from(error: PortError) -> Self {
        Self { error, unknown: false }
    }
}

impl Task {
    async fn run(mut self) {
        self.seen = self.connection.data_version().await.ok().flatten();
        while let Some(jobs) = self.next().await {
            self.work(jobs).await;
        }
        self.connection.close().await;
    }

    /// The next call, and those that wait with it.
    async fn next(&mut self) -> Option<Vec<Job>> {
        let mut inbox = self.inbox.lock().await;
        let mut jobs = VecDeque::from([inbox.recv().await?]);
        // The first caller's call wakes this task. Others may have been woken with that caller, and their calls are not there yet.
        if inbox.is_empty() && self.writing.group > 1 {
            others_first().await;
        }
        while jobs.len() < self.writing.group {
            match inbox.try_recv() {
                Ok(job) => jobs.push_back(job),
                Err(_) => break,
            }
        }
        Some(jobs.into())
    }

    /// One look for other processes' writes.
    async fn look(&mut self) {
        let Ok(connection) = self.connection().await else { return };
        // It changes with what other connections commit, and not with what this one does.
        let Ok(version) = connection.data_version().await else { return };
        if std::mem::replace(&mut self.seen, version) != version {
            self.arrivals.arrived(u16::MAX);
        }
    }

    async fn work(&mut self, mut jobs: Vec<Job>) {
        let asked = jobs.len();
        jobs.retain(|job| !matches!(job, Job::Look));
        if jobs.len() < asked {
            self.look().await;
        }
        if jobs.is_empty() {
            return;
        }
        match self.commit(&mut jobs).await {
            Ok(()) => answer_all(jobs, None),
            // The database itself is in the way: all would fail alike.
            Err(Failed { error, unknown }) if jobs.len() == 1 || unknown || shared_by_all(&error) => {
                answer_all(jobs, Some(error));
            }
            Err(_) => {
                for job in jobs {
                    let mut alone = [job];
                    let failed = self.commit(&mut alone).await.err();
                    answer_all(alone, failed.map(|failed| failed.error));
                }
            }
        }
    }

    /// Commits jobs together, or fails and changes nothing.
    async fn commit(&mut self, jobs: &mut [Job]) -> Result<(), Failed> {
        let mut tries = 1;
        loop {
            let failed = match self.attempt(jobs).await {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            self.roll_back(&failed.error).await;
            let most = match failed.error.fault() {
                Fault::Unavailable if said_nothing(&failed.error) => TRIES_IN_SILENCE,
                Fault::Unavailable => TRIES,
                Fault::Invalid if is_taken(&failed.error) => TRIES_FOR_A_KEY,
                _ => 1,
            };
            if failed.unknown || tries >= most {
                return Err(failed);
            }
            tries += 1;
        }
    }

    async fn attempt(&mut self, jobs: &mut [Job]) -> Result<(), Failed> {
        let repeatable = jobs.iter().all(|job| matches!(job, Job::Call(call) if call.repeatable()));
        let synced = self.writing.durable && !repeatable;
        let (relayed, told) = (self.writing.relayed, self.told.clone());
        let connection = self.connection().await?;
        begin(connection, synced).await?;
        let mut transaction = Transaction { connection, relayed, woken: 0, bases: Vec::new() };
        // Commands of all callers are one piece of work.
        let (mut executes, others): (Vec<&mut ExecuteJob>, Vec<&mut Job>) =
            jobs.iter_mut().fold((Vec::new(), Vec::new()), |(mut executes, mut others), job| {
                match job {
                    Job::Execute(execute) => executes.push(execute),
                    Job::Call(_) | Job::Look => others.push(job),
                }
                (executes, others)
            });
        if !executes.is_empty() {
            execute::run(&mut transaction, &mut executes).await?;
        }
        for job in others {
            job.run(&mut transaction).await?;
        }
        let Transaction { connection, woken, bases, .. } = transaction;
        if let Err(error) = connection.commit(told.with_commit(woken)).await {
            let unknown = !connection.refused(&error);
            if unknown && woken != 0 {
                // Perhaps it is committed; who looks in vain looks once.
                self.arrivals.arrived(woken);
            }
            return Err(Failed { error: sorted(error, "committing"), unknown });
        }
        self.commits.fetch_add(1, Ordering::Relaxed);
        for base in bases {
            base.is_stored();
        }
        if woken != 0 {
            self.arrivals.arrived(woken);
        }
        Ok(())
    }

    async fn roll_back(&mut self, error: &PortError) {
        if self.connection.is_silent() {
            self.doubtful = true;
            return;
        }
        // A connection that was opened when the disk was read-only can never write. Where there is nothing to roll back,
        // the database did it by itself, or the connection is broken. A new one knows for sure.
        let rolled_back = self.connection.roll_back().await;
        self.doubtful |= error.fault() == Fault::Misconfigured || rolled_back.is_err();
    }

    async fn connection(&mut self) -> PortResult<&mut Connection> {
        if self.doubtful {
            self.connection = self.connecting.open().await.doing("opening it for writing")?;
            self.doubtful = false;
            // Each connection counts what others commit by itself, so that the next look is a first one.
            self.seen = None;
        }
        Ok(&mut self.connection)
    }
}

/// Goes to the end of the line of those who can run, once. (tokio's `yield_now` would also let it wait for the network.)
async fn others_first() {
    let mut went = false;
    poll_fn(|context| {
        if std::mem::replace(&mut went, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn begin(connection: &mut Connection, synced: bool) -> PortResult<()> {
    match connection.begin(synced).await {
        Ok(()) => Ok(()),
        Err(error) if is_contended(&error) => Err(sorted(error, "waiting to write")),
        Err(error) => Err(sorted(error, "beginning to write")),
    }
}

/// Whether the database or the disk is in the way, and not what one call wants.
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
