//! How providers are asked: in how long, at which pace, and how often before they are left alone.

use std::{sync::Arc, time::Duration};

use dripr_adapters::layers::{CircuitBreaker, Meter, Metrics, RateLimit, Timeout};
use dripr_core::ports::{Clock, RateLimiter};

use crate::{
    compose::limiters::Limiters,
    config::{Config, pace::Pace},
};

/// Failures in a row after which a provider is left alone.
pub(in crate::compose) const FAILURES: u32 = 5;
/// For how long.
pub(in crate::compose) const LEFT_ALONE: Duration = Duration::from_secs(60);

/// What is done around a provider's calls, shared by all its ports.
pub(super) type Around = Arc<(CircuitBreaker, (RateLimit, (Meter, Timeout)))>;

/// How providers are asked.
pub(super) struct Asking<'a> {
    limiters: Limiters,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) metrics: &'a Metrics,
    /// How long a question may take, however many requests it needs.
    pub(super) timeout: Duration,
}

impl<'a> Asking<'a> {
    pub(super) fn of(
        config: &Config,
        limiters: &Limiters,
        clock: &'a Arc<dyn Clock>,
        metrics: &'a Metrics,
    ) -> Self {
        // So that there is time left to ask everybody, and that what went wrong is told by who knows it.
        let sources = u32::try_from(config.sources.longest()).unwrap_or(1);
        Self {
            clock,
            metrics,
            limiters: limiters.clone(),
            timeout: config.policy.data_timeout.mul_f64(0.9) / sources.max(1),
        }
    }

    /// What is done around a provider's calls, with a pace of its own.
    pub(super) fn around(&self, provider: &'static str, api: &'static str, pace: Pace) -> Around {
        self.at_the_pace_of(provider, api, &self.limiter(api, pace))
    }

    pub(super) fn limiter(&self, api: &str, pace: Pace) -> Arc<dyn RateLimiter> {
        self.limiters.one(api, pace.rate())
    }

    /// The same, with a pace that it shares.
    pub(super) fn at_the_pace_of(
        &self,
        provider: &'static str,
        api: &'static str,
        limiter: &Arc<dyn RateLimiter>,
    ) -> Around {
        let clock = || self.clock.clone();
        Arc::new((
            CircuitBreaker::new(provider, clock(), FAILURES, LEFT_ALONE),
            (
                RateLimit::new(api, clock(), limiter.clone()),
                (
                    Meter::new(provider, clock(), self.metrics.clone()),
                    Timeout::new(provider, clock(), self.timeout),
                ),
            ),
        ))
    }
}
