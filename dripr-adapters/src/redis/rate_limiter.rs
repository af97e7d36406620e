use std::{fmt, sync::LazyLock};

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::{Permit, RateLimiter},
    schedule::Instant,
};
use redis::Script;

use super::{
    Redis,
    connection::{Call, Lost},
    score::score,
};
use crate::{api_rates::ApiRates, token_bucket::Rate};

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/take.lua")));

/// No bucket takes longer to fill, and no calls take longer to come: so that sums are whole microseconds in a double.
const LONGEST: i64 = 1 << 52;

/// A bucket that nobody touched is kept for twice the time that it takes to fill, and a minute: the server's clock and
/// the callers' need not go alike.
const MINUTE_MS: i64 = 60_000;

/// Token buckets that all processes share which name the same server and prefix.
///
/// They fill and empty as [`TokenBuckets`](crate::token_bucket::TokenBuckets) do, by the callers' clocks. All processes
/// should be given the same rates; where they differ, each takes by its own from the same bucket.
///
/// ```
/// use std::time::Duration;
/// use dripr_adapters::{redis::{Redis, RedisOptions, RedisRateLimiter}, token_bucket::Rate};
///
/// let redis = Redis::new(RedisOptions::new("redis://redis.brokerage.example"))?;
/// let ten_a_minute = Rate { calls: 10, period: Duration::from_secs(60) };
/// let one_a_second = Rate { calls: 1, period: Duration::from_secs(1) };
/// let limiter = RedisRateLimiter::new(redis, [("zillow".to_owned(), ten_a_minute)]).with_each("mail:", one_a_second);
/// # Ok::<(), dripr_core::errors::PortError>(())
/// ```
#[derive(Clone)]
pub struct RedisRateLimiter {
    redis: Redis,
    rates: ApiRates,
}

impl fmt::Debug for RedisRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rates.fmt(f)
    }
}

impl RedisRateLimiter {
    /// A bucket for each API. One that nobody took from is full.
    #[must_use]
    pub fn new(redis: Redis, rates: impl IntoIterator<Item = (String, Rate)>) -> Self {
        Self { redis, rates: ApiRates::new(rates) }
    }

    /// The same, with a bucket of its own for each API whose name begins with a prefix.
    #[must_use]
    pub fn with_each(mut self, prefix: impl Into<String>, rate: Rate) -> Self {
        self.rates.add_family(prefix.into(), rate);
        self
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn take(&self, api: &str, calls: u32, now: Instant) -> PortResult<Permit> {
        let Some(rate) = self.rates.of(api) else { return Ok(Permit::Granted) };
        let micros = |tokens: u32| rate.each_micros().saturating_mul(i64::from(tokens)).min(LONGEST);
        let fill = micros(rate.calls.max(1));
        let mut script = TAKE.key(self.redis.key(&format!("bucket:{api}")));
        script.arg(score(now)).arg(fill).arg(micros(calls)).arg(fill / 1_000 * 2 + MINUTE_MS);
        let retry_at: String =
            self.redis.call(Call::Script(&script), Lost::Repeat, "counting calls to a provider").await?;
        if retry_at.is_empty() {
            return Ok(Permit::Granted);
        }
        let micros: i64 = retry_at.parse().map_err(|error| {
            PortError::new(Fault::Garbled, "Redis said no instant to come back at").caused_by(error)
        })?;
        let retry_at = Instant::from_timestamp_micros(micros).unwrap_or(Instant::MAX_UTC);
        Ok(Permit::Exhausted { retry_at })
    }
}
