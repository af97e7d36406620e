//! How fast providers may be called: counted in this process, in the database, or in Redis, for all processes together.

use std::sync::Arc;

#[cfg(feature = "redis")]
use dripr_adapters::redis::{Redis, RedisRateLimiter};
use dripr_adapters::{
    sql::{SqlRateLimiter, SqlStore},
    token_bucket::{Rate, TokenBuckets},
};
use dripr_core::ports::RateLimiter;

use crate::config::Config;

/// Makes limiters. Cheap to clone; all clones count in one place.
#[derive(Clone)]
pub struct Limiters {
    place: CountedIn,
}

#[derive(Clone)]
enum CountedIn {
    Process,
    Database(SqlStore),
    #[cfg(feature = "redis")]
    Redis(Redis),
}

impl Limiters {
    /// For the processes of a deployment.
    pub(super) fn of(config: &Config, store: &SqlStore) -> Self {
        #[cfg(feature = "redis")]
        if let Some(redis) = &config.redis {
            return Self { place: CountedIn::Redis(redis.clone()) };
        }
        let _ = config;
        Self { place: CountedIn::Database(store.clone()) }
    }

    /// For this process alone.
    #[must_use]
    pub fn of_process() -> Self {
        Self { place: CountedIn::Process }
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
        match &self.place {
            #[cfg(feature = "redis")]
            CountedIn::Redis(redis) => {
                let limiter = RedisRateLimiter::new(redis.clone(), rates);
                Arc::new(match each {
                    Some((prefix, rate)) => limiter.with_each(prefix, rate),
                    None => limiter,
                })
            }
            CountedIn::Database(store) => {
                let limiter = SqlRateLimiter::new(store.clone(), rates);
                Arc::new(match each {
                    Some((prefix, rate)) => limiter.with_each(prefix, rate),
                    None => limiter,
                })
            }
            CountedIn::Process => {
                let limiter = TokenBuckets::new(rates);
                Arc::new(match each {
                    Some((prefix, rate)) => limiter.with_each(prefix, rate),
                    None => limiter,
                })
            }
        }
    }
}
