//! A limit on how long a call may take.

use std::{fmt, sync::Arc, time::Duration};

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    policy::after,
    ports::Clock,
};
use futures_util::future::{BoxFuture, Either, select};

use super::{Answer, Ask, Layer, Question};

/// Gives up a call that takes too long, so that there is time left to ask somebody else.
pub struct Timeout {
    provider: &'static str,
    clock: Arc<dyn Clock>,
    limit: Duration,
}

impl Timeout {
    /// A limit for the calls to a provider, which errors name.
    pub fn new(provider: &'static str, clock: Arc<dyn Clock>, limit: Duration) -> Self {
        Self { provider, clock, limit }
    }
}

impl fmt::Debug for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Layer for Timeout {
    fn around<'a, T: Answer>(
        &'a self,
        _question: &'a Question<'a>,
        ask: Ask<'a, T>,
    ) -> BoxFuture<'a, PortResult<T>> {
        Box::pin(async move {
            let late = self.clock.sleep_until(after(self.clock.now(), self.limit));
            match select(ask(), late).await {
                Either::Left((answer, _)) => answer,
                Either::Right(((), _)) => {
                    let message =
                        format!("{} did not answer within {} s", self.provider, self.limit.as_secs_f32());
                    Err(PortError::new(Fault::Unavailable, message))
                }
            }
        })
    }
}
