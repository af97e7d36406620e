//! How fast providers may be called: counted in this process, or in Redis for all processes together.

use std::sync::Arc;

#[cfg(feature = "redis")]
use dripr_adapters::redis::{Redis, RedisRateLimiter};
use dripr_adapters::token_bucket::{Rate, TokenBuckets};
use dripr_core::ports::RateLimiter;

use crate::config::Config;

/// Makes limiters. Cheap to clone; all clones count in one place.
#[derive(Clone)]
pub(super) struct Limiters {
    #[cfg(feature = "redis")]
    redis: Option<Redis>,
}

impl Limiters {
    /// As a configuration wants them.
    #[cfg_attr(not(feature = "redis"), expect(unused_variables, reason = "there is one place to count in"))]
    pub(super) fn of(config: &Config) -> Self {
        Self {
            #[cfg(feature = "redis")]
            redis: config.redis.clone(),
        }
    }

    /// A bucket for one API.
    pub(super) fn one(&self, api: &str, rate: Rate) -> Arc<dyn RateLimiter> {
        self.limiter(Some((api.to_owned(), rate)), None)
    }

    /// A bucket for each API that is named, and one of its own for each whose name begins with a prefix.
    pub(super) fn limiter(
        &self,
        rates: Option<(String, Rate)>,
        each: Option<(&str, Rate)>,
    ) -> Arc<dyn RateLimiter> {
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            let limiter = RedisRateLimiter::new(redis.clone(), rates);
            return Arc::new(match each {
                Some((prefix, rate)) => limiter.with_each(prefix, rate),
                None => limiter,
            });
        }
        let limiter = TokenBuckets::new(rates);
        Arc::new(match each {
            Some((prefix, rate)) => limiter.with_each(prefix, rate),
            None => limiter,
        })
    }
}
