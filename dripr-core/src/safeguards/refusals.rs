//! Messages that could not be verified, counted without a write for each.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::channel;
use crate::{errors::PortResult, policy::after, ports::ChannelStore, schedule::Instant};

/// How often it is stored at most how many there were.
const STORED_EVERY: Duration = Duration::from_secs(60);

/// The messages by one channel that could not be verified, as one process counts them. Anybody may send such messages, as many as
/// they like: so they are counted in memory, and stored when the first one comes and then once a minute at most, while others
/// come. What was not stored when the process ends is forgotten.
#[derive(Debug)]
pub struct Refusals {
    channel: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Those that are not stored.
    waiting: u64,
    stored_at: Option<Instant>,
}

impl Refusals {
    /// None yet, of a channel.
    #[must_use]
    pub fn new(channel: impl Into<String>) -> Self {
        Self { channel: channel.into(), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is whole; a panic elsewhere leaves it so.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are to be stored now, with another one; none if it was done less than a minute ago.
    fn another(&self, now: Instant) -> Option<u64> {
        let mut state = self.state();
        state.waiting = state.waiting.saturating_add(1);
        // A clock that was put back does not put it off.
        let lately = |at: Instant| at <= now && now < after(at, STORED_EVERY);
        if state.stored_at.is_some_and(lately) {
            return None;
        }
        state.stored_at = Some(now);
        Some(std::mem::take(&mut state.waiting))
    }

    /// Something came by the channel that could not be verified.
    ///
    /// # Errors
    /// The store failed. It is stored with those that come later.
    pub async fn refused<S: ChannelStore + ?Sized>(&self, store: &S, now: Instant) -> PortResult<()> {
        let Some(count) = self.another(now) else { return Ok(()) };
        let stored = channel::refused(store, &self.channel, count).await;
        if stored.is_err() {
            let mut state = self.state();
            state.waiting = state.waiting.saturating_add(count);
        }
        stored
    }

    /// Something genuine came by the channel: what is stored counts from here on, and so does what is not.
    pub fn heard(&self) {
        self.state().waiting = 0;
    }
}
