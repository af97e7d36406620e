//! Whether a process can do its work now.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::Queue,
    policy::after,
    ports::{Clock, QueueDesk, StoreCheck},
};
use futures_util::future::{Either, select};
use serde::Serialize;
use tokio::sync::watch;

use super::kept::Kept;

/// For how long an answer is kept: whoever asks more often writes no more often.
const KEPT: Duration = Duration::from_secs(2);
/// For how many times as long as finding out took.
const SHARE: u32 = 10;
/// What takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a part is found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// It works.
    Ok,
    /// It does not answer, or not in time.
    Unavailable,
    /// People must mend something: a full or read-only disk, a password, a right.
    Misconfigured,
    /// It is damaged, or older than this program.
    Corrupt,
    /// It answered with an error of another kind.
    Failed,
    /// The process was told to stop, and finishes what it has in hand.
    Draining,
}

/// The parts of a process, and what they are found to be. Why something is not as it should be stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// Whether the process takes up work.
    pub process: Found,
    /// Whether the store can be read.
    pub store_reading: Found,
    /// Whether it can be written.
    pub store_writing: Found,
    /// Whether it has all that this version of the program stores things in.
    pub store_schema: Found,
    /// Whether queues answer that are not in the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queues: Option<Found>,
}

impl Parts {
    /// Whether work can be done: everything is as it should be.
    #[must_use]
    pub fn are_ready(&self) -> bool {
        let Self { process, store_reading, store_writing, store_schema, queues } = *self;
        [process, store_reading, store_writing, store_schema].iter().chain(&queues).all(|&f| f == Found::Ok)
    }
}

/// Finds out whether a process can do its work.
pub struct Readiness {
    store: Arc<dyn StoreCheck>,
    queues: Option<Arc<dyn QueueDesk>>,
    clock: Arc<dyn Clock>,
    draining: watch::Sender<bool>,
    found: Kept<Parts>,
    told: Mutex<Option<Parts>>,
}

impl Readiness {
    /// Of a process over a store, and over queues if they are elsewhere.
    #[must_use]
    pub fn new(
        store: Arc<dyn StoreCheck>,
        queues: Option<Arc<dyn QueueDesk>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let found = Kept::new(clock.clone(), KEPT, SHARE);
        let (draining, _) = watch::channel(false);
        Self { store, queues, clock, draining, found, told: Mutex::new(None) }
    }

    /// The process was told to stop: it is not ready from here on.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Tells when that happens.
    #[must_use]
    pub fn draining(&self) -> watch::Receiver<bool> {
        self.draining.subscribe()
    }

    /// What the parts are found to be. What was found in the last two seconds is not looked for again.
    pub async fn parts(&self) -> Parts {
        let mut parts = *self.found.get(self.look()).await;
        if *self.draining.borrow() {
            parts.process = Found::Draining;
        }
        self.tell(parts);
        parts
    }

    async fn look(&self) -> Parts {
        let now = self.clock.now();
        let queues = async {
            match &self.queues {
                Some(desk) => {
                    let asked = async { desk.standing(Queue::EmailSending, now).await.map(drop) };
                    Some(self.found("the queues", asked).await)
                }
                None => None,
            }
        };
        let (store_reading, store_writing, store_schema, queues) = tokio::join!(
            self.found("reading the store", self.store.check_reading()),
            self.found("writing the store", self.store.check_writing(now)),
            self.found("the store's schema", self.store.check_layout()),
            queues,
        );
        Parts { process: Found::Ok, store_reading, store_writing, store_schema, queues }
    }

    /// What a part is found to be. What is wrong is logged each time that it is looked for: at most once in two seconds.
    async fn found(&self, part: &'static str, check: impl Future<Output = PortResult<()>>) -> Found {
        let late = self.clock.sleep_until(after(self.clock.now(), PATIENCE));
        let answer = match select(pin!(check), late).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => {
                let message = format!("no answer within {} s", PATIENCE.as_secs());
                Err(PortError::new(Fault::Unavailable, message))
            }
        };
        let Err(error) = answer else { return Found::Ok };
        tracing::warn!(part, %error, "a part is not ready");
        match error.fault() {
            Fault::Unavailable | Fault::Throttled | Fault::NotYet => Found::Unavailable,
            Fault::Misconfigured => Found::Misconfigured,
            Fault::Corrupt => Found::Corrupt,
            Fault::NotAllowed | Fault::Garbled | Fault::NotFound | Fault::Invalid => Found::Failed,
        }
    }

    /// Says in the log when it changes whether the process is ready.
    fn tell(&self, parts: Parts) {
        let before = self.told.lock().unwrap_or_else(PoisonError::into_inner).replace(parts);
        match (before.as_ref().map(Parts::are_ready), parts.are_ready()) {
            (Some(true) | None, false) => tracing::warn!(?parts, "this process is not ready"),
            (Some(false), true) => tracing::info!("this process is ready again"),
            (Some(true) | None, true) | (Some(false), false) => {}
        }
    }
}
