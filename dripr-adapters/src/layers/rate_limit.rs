//! Keeping to a number of calls.

use std::{fmt, sync::Arc};

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::{Clock, Permit, RateLimiter},
};
use futures_util::future::BoxFuture;

use super::{Answer, Ask, Layer, Question};

/// Makes a call only if the limiter permits it. Whoever is not permitted does not wait here: the error says when to
/// come back, and costs no attempt.
pub struct RateLimit {
    api: &'static str,
    clock: Arc<dyn Clock>,
    limiter: Arc<dyn RateLimiter>,
}

impl RateLimit {
    /// The limit of an API, under the name that the limiter knows it by.
    pub fn new(api: &'static str, clock: Arc<dyn Clock>, limiter: Arc<dyn RateLimiter>) -> Self {
        Self { api, clock, limiter }
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit").field("api", &self.api).finish_non_exhaustive()
    }
}

impl Layer for RateLimit {
    fn around<'a, T: Answer>(
        &'a self,
        _question: &'a Question<'a>,
        ask: Ask<'a, T>,
    ) -> BoxFuture<'a, PortResult<T>> {
        Box::pin(async move {
            let now = self.clock.now();
            match self.limiter.take(self.api, 1, now).await? {
                Permit::Granted => ask().await,
                Permit::Exhausted { retry_at } => {
                    let pause = retry_at.signed_duration_since(now).to_std().unwrap_or_default();
                    let message = format!("the calls to {} are used up until {retry_at}", self.api);
                    Err(PortError::new(Fault::NotYet, message).retry_after(pause))
                }
            }
        })
    }
}
