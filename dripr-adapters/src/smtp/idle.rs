//! Connections that wait for the next email.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::session::Session;

/// How long a connection waits: shorter than any server's patience, so that a dead one is seldom met.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections over which an email was handed, newest last, each with the time since when it waits.
#[derive(Default)]
pub(super) struct Idle(Mutex<Vec<(Instant, Session)>>);

impl Idle {
    /// The one that waited least. Those that waited too long are closed.
    pub(super) fn take(&self) -> Option<Session> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(since, _)| since.elapsed() < PATIENCE);
        waiting.pop().map(|(_, session)| session)
    }

    /// Lets one wait.
    pub(super) fn put(&self, session: Session) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), session));
    }
}
