//! Remembering answers.

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex as Lock, PoisonError},
    time::Duration,
};

use dripr_core::{
    errors::{PortError, PortResult},
    policy::after,
    ports::Clock,
    schedule::Instant,
};
use futures_util::{future::BoxFuture, lock::Mutex};

use super::{Answer, Ask, Layer, Question};

/// Answers what was answered lately. Those who ask the same at once wait for one answer and share it, a failure too.
///
/// It is for what several homes of one process have in common, such as the centre of a ZIP code. What an area shares for a
/// day is kept by the engine, in the store, for all processes.
pub struct Cache {
    clock: Arc<dyn Clock>,
    keep: Duration,
    most: usize,
    known: Lock<HashMap<Key, Arc<Mutex<Slot>>>>,
}

/// An operation, and everything that is asked of it.
type Key = (&'static str, String);

/// One question's answer.
#[derive(Default)]
struct Slot {
    /// The answer, and until when it holds.
    answer: Option<(Instant, Arc<dyn Any + Send + Sync>)>,
    /// How many failed, and how the last did: those who waited for it get the same.
    failed: u64,
    failure: Option<PortError>,
}

impl Cache {
    /// Keeps at most so many answers, each for so long.
    pub fn new(clock: Arc<dyn Clock>, keep: Duration, most: usize) -> Self {
        Self { clock, keep, most: most.max(1), known: Lock::default() }
    }

    fn slot(&self, key: Key) -> Arc<Mutex<Slot>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= self.most && !known.contains_key(&key) {
            let now = self.clock.now();
            // What is being asked for is locked, and stays.
            known.retain(|_, slot| match slot.try_lock() {
                Some(slot) => slot.answer.as_ref().is_some_and(|(until, _)| now < *until),
                None => true,
            });
            if known.len() >= self.most {
                known.retain(|_, slot| slot.try_lock().is_none());
            }
        }
        known.entry(key).or_default().clone()
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("keep", &self.keep).finish_non_exhaustive()
    }
}

impl Layer for Cache {
    fn around<'a, T: Answer>(
        &'a self,
        question: &'a Question<'a>,
        ask: Ask<'a, T>,
    ) -> BoxFuture<'a, PortResult<T>> {
        Box::pin(async move {
            let slot = self.slot((question.operation, (question.asked)()));
            let failed = slot.try_lock().map(|slot| slot.failed);
            let mut slot = slot.lock().await;
            if let Some((until, answer)) = &slot.answer
                && self.clock.now() < *until
                && let Some(answer) = answer.downcast_ref::<T>()
            {
                return Ok(answer.clone());
            }
            // Whoever had to wait saw nothing before; what failed meanwhile is theirs too.
            if failed.is_none()
                && let Some(failure) = &slot.failure
            {
                return Err(again(failure));
            }
            slot.failure = None;
            match ask().await {
                Ok(answer) => {
                    slot.answer = Some((after(self.clock.now(), self.keep), Arc::new(answer.clone())));
                    Ok(answer)
                }
                Err(error) => {
                    slot.failed += 1;
                    slot.failure = Some(again(&error));
                    Err(error)
                }
            }
        })
    }
}

/// One error for several who waited.
fn again(error: &PortError) -> PortError {
    let again = PortError::new(error.fault(), error.to_string());
    match error.pause() {
        Some(pause) => again.retry_after(pause),
        None => again,
    }
}
