//! Leaving a provider alone.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    policy::after,
    ports::Clock,
    schedule::Instant,
};
use futures_util::future::BoxFuture;

use super::{Answer, Ask, Layer, Question};

/// A provider that asks for a pause without saying how long gets this one.
const SHORT_PAUSE: Duration = Duration::from_secs(1);

/// Leaves a provider alone that fails again and again, and one that asks for a pause.
///
/// After so many failures in a row nobody asks for a while; then one call finds out how it is. A provider that refuses
/// the key or answers nonsense fails too. When it asks for a pause, everybody keeps it, and that is no failure: whoever
/// comes too early is told when to come back.
pub struct CircuitBreaker {
    provider: &'static str,
    clock: Arc<dyn Clock>,
    failures: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Failures in a row.
    failed: u32,
    /// Nobody asks before this, for what it said last.
    open_until: Option<(Instant, String)>,
    /// Nobody asks before this, because it wants it so.
    paused_until: Option<Instant>,
    /// One call is finding out how it is.
    trying: bool,
}

impl State {
    /// It is there and answers.
    fn answered(&mut self) {
        self.failed = 0;
        self.open_until = None;
    }
}

impl CircuitBreaker {
    /// Leaves a provider alone for `pause` after so many failures in a row.
    pub fn new(provider: &'static str, clock: Arc<dyn Clock>, failures: u32, pause: Duration) -> Self {
        Self { provider, clock, failures: failures.max(1), pause, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment; a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a call through, or says why not.
    fn enter(&self) -> PortResult<Entered<'_>> {
        let now = self.clock.now();
        let mut state = self.state();
        if let Some(until) = state.paused_until {
            // A clock that was set back must not make a pause longer than it was.
            let left = until.signed_duration_since(now).to_std().unwrap_or_default();
            if !left.is_zero() && left <= LONGEST_PAUSE {
                let message = format!("{} asked for a pause until {until}", self.provider);
                return Err(PortError::new(Fault::NotYet, message).retry_after(left));
            }
            state.paused_until = None;
        }
        let Some((until, why)) = &state.open_until else { return Ok(Entered { of: self, tries: false }) };
        let left = until.signed_duration_since(now).to_std().unwrap_or_default();
        if state.trying || (!left.is_zero() && left <= self.pause) {
            let message = format!("{} failed {} times in a row, lastly: {why}", self.provider, state.failed);
            return Err(PortError::new(Fault::Unavailable, message).retry_after(left));
        }
        state.trying = true;
        Ok(Entered { of: self, tries: true })
    }

    fn learn<T>(&self, answer: &PortResult<T>) {
        let now = self.clock.now();
        let mut state = self.state();
        match answer {
            Err(error) => match error.fault() {
                Fault::Throttled => {
                    let pause = error.pause().unwrap_or(SHORT_PAUSE).clamp(SHORT_PAUSE, LONGEST_PAUSE);
                    let until = after(now, pause);
                    state.paused_until = Some(state.paused_until.map_or(until, |known| known.max(until)));
                }
                Fault::Unavailable | Fault::Garbled | Fault::Misconfigured | Fault::Corrupt => {
                    state.failed = state.failed.saturating_add(1);
                    if state.failed >= self.failures {
                        state.open_until = Some((after(now, self.pause), error.to_string()));
                    }
                }
                Fault::NotFound | Fault::Invalid => state.answered(),
                // It was not asked.
                Fault::NotYet | Fault::NotAllowed => {}
            },
            Ok(_) => state.answered(),
        }
    }
}

/// No provider is left alone for longer because it wants so.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// A call that was let through. However it ends, the next one may find out.
struct Entered<'a> {
    of: &'a CircuitBreaker,
    tries: bool,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if self.tries {
            self.of.state().trying = false;
        }
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker").field("state", &*self.state()).finish_non_exhaustive()
    }
}

impl Layer for CircuitBreaker {
    fn around<'a, T: Answer>(
        &'a self,
        _question: &'a Question<'a>,
        ask: Ask<'a, T>,
    ) -> BoxFuture<'a, PortResult<T>> {
        Box::pin(async move {
            let entered = self.enter()?;
            let answer = ask().await;
            self.learn(&answer);
            drop(entered);
            answer
        })
    }
}
