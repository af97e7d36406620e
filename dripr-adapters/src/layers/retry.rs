//! Asking again.

use std::{fmt, sync::Arc, time::Duration};

use dripr_core::{
    errors::{Fault, PortResult},
    policy::after,
    ports::{Clock, Entropy, EntropyExt},
};
use futures_util::future::BoxFuture;

use super::{Answer, Ask, Layer, Question};

/// Asks again after a failure that may pass, with pauses that double and are spread by chance.
///
/// It is for hiccups: whoever asks waits meanwhile, so all pauses together are bounded by a few seconds. What takes
/// longer, and a longer `Retry-After` than that, is left to the engine, which stores when to come back.
pub struct Retry {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    tries: u32,
    first_pause: Duration,
    most: Duration,
}

impl Retry {
    /// At most so many tries, with pauses of `first_pause` or less after the first, and of no more than `most` in all.
    pub fn new(
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        tries: u32,
        first_pause: Duration,
        most: Duration,
    ) -> Self {
        Self { clock, entropy, tries, first_pause, most }
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").field("tries", &self.tries).field("most", &self.most).finish_non_exhaustive()
    }
}

impl Layer for Retry {
    fn around<'a, T: Answer>(
        &'a self,
        _question: &'a Question<'a>,
        ask: Ask<'a, T>,
    ) -> BoxFuture<'a, PortResult<T>> {
        Box::pin(async move {
            let mut left = self.most;
            for tried in 1.. {
                let error = match ask().await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error,
                };
                // Our own pace is kept by coming back later, not by waiting here.
                if tried >= self.tries || !error.fault().may_heal() || error.fault() == Fault::NotYet {
                    return Err(error);
                }
                let doubled = self.first_pause.saturating_mul(1 << (tried - 1).min(20));
                let pause = doubled.mul_f64(self.entropy.fraction()).max(error.pause().unwrap_or_default());
                match left.checked_sub(pause) {
                    Some(rest) => left = rest,
                    None => return Err(error),
                }
                tracing::debug!(%error, tried, "asking again");
                self.clock.sleep_until(after(self.clock.now(), pause)).await;
            }
            ask().await
        })
    }
}
