//! Who waits for deliveries: for each queue somebody of its own asks the service to answer as soon as there is one.
//!
//! What comes with such an answer is received, whether anybody still waits or not. So it is kept, and the next receive
//! hands it out. It is asked only while somebody waits, and not again before what came was handed out: nothing lies here
//! while its visibility runs out, but for what came in the moment in which the waiting ended.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use dripr_core::{events::Queue, policy::after, ports::Clock};
use futures_util::future::{pending, select_all};
use tokio::{
    sync::watch,
    task::{JoinHandle, yield_now},
    time::sleep,
};

use super::{held::Holding, receive::Source, seconds::LONGEST};

/// So long the service waits for a message before it answers that there is none: as long as it can.
const WAIT: Duration = Duration::from_secs(20);

/// An answer is on its way no longer than this.
const ON_THE_WAY: Duration = Duration::from_secs(2);

/// The visibility of what comes before anybody received with another one.
const VISIBILITY: Duration = Duration::from_secs(300);

/// The pause after a failure; it doubles with each further one.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// One for each queue.
pub(super) struct Arrivals {
    doors: [Arc<Door>; Queue::ALL.len()],
    clock: Arc<dyn Clock>,
}

struct Door {
    bell: watch::Sender<()>,
    waiting: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    came: Vec<Holding>,
    visibility: Option<Duration>,
    asking: Option<JoinHandle<()>>,
}

impl Door {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits.
struct Waiter(Arc<Door>);

impl Waiter {
    fn at(door: &Arc<Door>) -> Self {
        door.waiting.fetch_add(1, SeqCst);
        Self(door.clone())
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, SeqCst);
    }
}

impl Arrivals {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let door =
            || Door { bell: watch::Sender::new(()), waiting: AtomicUsize::new(0), state: Mutex::default() };
        Self { doors: std::array::from_fn(|_| Arc::new(door())), clock }
    }

    /// What came while somebody waited, at most so many. From now on whoever waits receives with this visibility.
    pub(super) fn take(&self, queue: Queue, max: usize, visibility: Duration) -> Vec<Holding> {
        let mut state = self.doors[queue as usize].lock();
        state.visibility = Some(visibility);
        let taken = max.min(state.came.len());
        let rest = state.came.split_off(taken);
        mem::replace(&mut state.came, rest)
    }

    /// Returns when something came. `sources` are the queues, with how each is asked.
    pub(super) async fn arrived(&self, sources: Vec<Source>) {
        // Whoever only begins to listen looks for himself first, and is not to compete with himself. What comes meanwhile
        // is still there after that.
        yield_now().await;
        let doors: Vec<_> = sources.iter().map(|source| &self.doors[source.queue as usize]).collect();
        let _waiters: Vec<_> = doors.iter().map(|door| Waiter::at(door)).collect();
        let mut bells: Vec<_> = doors.iter().map(|door| door.bell.subscribe()).collect();
        for (source, door) in sources.into_iter().zip(&doors) {
            if self.ask(source, door) {
                return;
            }
        }
        if bells.is_empty() {
            return pending().await;
        }
        let rung = bells.iter_mut().map(|bell| {
            Box::pin(async move {
                // The sender lives as long as what is borrowed here.
                let _ = bell.changed().await;
            })
        });
        select_all(rung).await;
    }

    /// Sees to it that the service is asked. Whether there is something already.
    fn ask(&self, source: Source, door: &Arc<Door>) -> bool {
        let mut state = door.lock();
        let now = self.clock.now();
        // What lay here for too long comes again by itself.
        state.came.retain(|one| now < one.until);
        if !state.came.is_empty() {
            return true;
        }
        // One that asks ends with its runtime.
        if state.asking.as_ref().is_none_or(JoinHandle::is_finished) {
            state.asking = Some(tokio::spawn(ask(source, door.clone(), self.clock.clone())));
        }
        false
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        for door in &self.doors {
            if let Some(asking) = door.lock().asking.take() {
                asking.abort();
            }
        }
    }
}

/// Asks until something came or nobody waits any more.
async fn ask(source: Source, door: Arc<Door>, clock: Arc<dyn Clock>) {
    let mut pause = PAUSE;
    loop {
        let visibility = {
            let mut state = door.lock();
            // Looked at while it is locked: whoever comes to wait either is counted by now or finds that nobody asks.
            if door.waiting.load(SeqCst) == 0 {
                state.asking = None;
                return;
            }
            state.visibility.unwrap_or(VISIBILITY)
        };
        let now = clock.now();
        match source.receive(10, visibility, WAIT).await {
            Ok(came) if came.is_empty() => pause = PAUSE,
            Ok(came) => {
                // The service answers as soon as something comes, and the answer is on its way for a moment.
                let whole = visibility.min(LONGEST);
                let until = after(clock.now(), whole.saturating_sub((whole / 10).min(ON_THE_WAY)));
                let holdings =
                    came.into_iter().map(|message| Holding { message: Arc::new(message), since: now, until });
                let mut state = door.lock();
                state.came.extend(holdings);
                state.asking = None;
                drop(state);
                door.bell.send_replace(());
                return;
            }
            Err(error) => {
                tracing::debug!(%error, queue = %source.queue, "it cannot be waited for deliveries; tried again in {pause:?}");
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}
