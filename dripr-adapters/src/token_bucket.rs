//! How fast providers may be called, where one process calls them: a token bucket for each API, in memory.
//!
//! A bucket holds at most as many tokens as there are calls in its period and fills evenly; a call takes one. An API
//! without a rate is not limited.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::TimeDelta;
use dripr_core::{
    errors::PortResult,
    ports::{Permit, RateLimiter},
    schedule::Instant,
};

/// So many calls in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many calls; 1 at least.
    pub calls: u32,
    /// In how long.
    pub period: Duration,
}

impl Rate {
    /// How long one call takes to come, in microseconds.
    pub(crate) fn each_micros(self) -> i64 {
        let each = (self.period / self.calls.max(1)).as_micros().clamp(1, 1 << 50);
        i64::try_from(each).unwrap_or(1)
    }
}

/// Token buckets of one process.
///
/// ```
/// use std::time::Duration;
/// use dripr_adapters::token_bucket::{Rate, TokenBuckets};
/// use dripr_core::ports::{Permit, RateLimiter};
///
/// # let rt = tokio::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let ten_a_minute = Rate { calls: 10, period: Duration::from_secs(60) };
/// let limiter = TokenBuckets::new([("zillow".to_owned(), ten_a_minute)]);
/// let now = "2026-03-12T15:00:00Z".parse()?;
/// assert_eq!(limiter.take("zillow", 10, now).await?, Permit::Granted);
/// let retry_at = "2026-03-12T15:00:06Z".parse()?;
/// assert_eq!(limiter.take("zillow", 1, now).await?, Permit::Exhausted { retry_at });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TokenBuckets {
    buckets: HashMap<String, Mutex<Bucket>>,
    /// For each API whose name begins so, a bucket of its own.
    families: Vec<Family>,
}

struct Family {
    prefix: String,
    full: Bucket,
    members: Mutex<HashMap<String, Bucket>>,
}

/// So many buckets of a family are kept; then those that are full are forgotten, which changes nothing.
const KEPT: usize = 10_000;

/// The tokens of one API.
#[derive(Clone, Copy)]
pub(crate) struct Bucket {
    /// How long one token takes to come, in microseconds.
    each: i64,
    most: i64,
    /// When the bucket was, or would have been, empty: all tokens are those that came since.
    empty_at: Option<Instant>,
}

impl TokenBuckets {
    /// A bucket for each API, full.
    #[must_use]
    pub fn new(rates: impl IntoIterator<Item = (String, Rate)>) -> Self {
        let buckets = rates.into_iter().map(|(api, rate)| (api, Mutex::new(Bucket::full(rate)))).collect();
        Self { buckets, families: Vec::new() }
    }

    /// The same, with a bucket of its own for each API whose name begins with a prefix.
    ///
    /// ```
    /// use std::time::Duration;
    /// use dripr_adapters::token_bucket::{Rate, TokenBuckets};
    /// use dripr_core::ports::{Permit, RateLimiter};
    ///
    /// # let rt = tokio::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let one_a_minute = Rate { calls: 1, period: Duration::from_secs(60) };
    /// let limiter = TokenBuckets::new([]).with_each("mail:", one_a_minute);
    /// let now = "2026-03-12T15:00:00Z".parse()?;
    /// assert_eq!(limiter.take("mail:ana", 1, now).await?, Permit::Granted);
    /// assert_eq!(limiter.take("mail:bob", 1, now).await?, Permit::Granted);
    /// let retry_at = "2026-03-12T15:01:00Z".parse()?;
    /// assert_eq!(limiter.take("mail:ana", 1, now).await?, Permit::Exhausted { retry_at });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_each(mut self, prefix: impl Into<String>, rate: Rate) -> Self {
        let (full, members) = (Bucket::full(rate), Mutex::default());
        self.families.push(Family { prefix: prefix.into(), full, members });
        self
    }
}

impl TokenBuckets {
    /// How many calls of an API could be made now, without making one; none if it is not limited.
    ///
    /// ```
    /// use std::time::Duration;
    /// use dripr_adapters::token_bucket::{Rate, TokenBuckets};
    /// use dripr_core::ports::RateLimiter;
    ///
    /// # let rt = tokio::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let three_a_minute = Rate { calls: 3, period: Duration::from_secs(60) };
    /// let limiter = TokenBuckets::new([]).with_each("key:", three_a_minute);
    /// let now = "2026-03-12T15:00:00Z".parse()?;
    /// limiter.take("key:1", 2, now).await?;
    /// assert_eq!((limiter.left("key:1", now), limiter.left("key:2", now)), (Some(1), Some(3)));
    /// assert_eq!(limiter.left("key:1", "2026-03-12T15:00:20Z".parse()?), Some(2));
    /// assert_eq!(limiter.left("other", now), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn left(&self, api: &str, now: Instant) -> Option<u32> {
        if let Some(bucket) = self.buckets.get(api) {
            return Some(bucket.lock().unwrap_or_else(PoisonError::into_inner).left(now));
        }
        let family = self.families.iter().find(|family| api.starts_with(&family.prefix))?;
        let members = family.members.lock().unwrap_or_else(PoisonError::into_inner);
        Some(members.get(api).unwrap_or(&family.full).left(now))
    }
}

impl fmt::Debug for TokenBuckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.buckets.keys())
            .entries(self.families.iter().map(|family| &family.prefix))
            .finish()
    }
}

impl Family {
    fn take(&self, api: &str, calls: u32, now: Instant) -> Permit {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        if members.len() >= KEPT && !members.contains_key(api) {
            members.retain(|_, bucket| !bucket.is_full(now));
        }
        members.entry(api.to_owned()).or_insert(self.full).take(calls, now)
    }
}

impl Bucket {
    fn full(rate: Rate) -> Self {
        Self::emptied_at(rate, None)
    }

    /// One that was or would have been empty at an instant; without one, full.
    pub(crate) fn emptied_at(rate: Rate, empty_at: Option<Instant>) -> Self {
        Self { each: rate.each_micros(), most: i64::from(rate.calls.max(1)), empty_at }
    }

    /// When it was or would have been empty.
    #[cfg(feature = "sql")]
    pub(crate) fn empty_at(&self) -> Option<Instant> {
        self.empty_at
    }

    fn is_full(&self, now: Instant) -> bool {
        let filling = TimeDelta::microseconds(self.each.saturating_mul(self.most));
        self.empty_at.is_none_or(|empty| empty.checked_add_signed(filling).is_some_and(|full| full <= now))
    }

    /// When it was or would have been empty, seen from now: never more tokens than fit, and none are owed to a clock that was
    /// ahead and is right again.
    fn emptied(&self, now: Instant) -> Instant {
        let filling = TimeDelta::microseconds(self.each.saturating_mul(self.most));
        let full = now.checked_sub_signed(filling).unwrap_or(now);
        self.empty_at.unwrap_or(full).clamp(full, now)
    }

    fn left(&self, now: Instant) -> u32 {
        let since = now.signed_duration_since(self.emptied(now)).num_microseconds().unwrap_or(i64::MAX);
        u32::try_from(since / self.each).unwrap_or(u32::MAX)
    }

    pub(crate) fn take(&mut self, calls: u32, now: Instant) -> Permit {
        let micros = |tokens: i64| TimeDelta::microseconds(self.each.saturating_mul(tokens));
        let empty_at = self.emptied(now);
        let taken = empty_at.checked_add_signed(micros(i64::from(calls))).unwrap_or(Instant::MAX_UTC);
        if taken <= now {
            self.empty_at = Some(taken);
            return Permit::Granted;
        }
        self.empty_at = Some(empty_at);
        Permit::Exhausted { retry_at: taken }
    }
}

#[async_trait]
impl RateLimiter for TokenBuckets {
    async fn take(&self, api: &str, calls: u32, now: Instant) -> PortResult<Permit> {
        let Some(bucket) = self.buckets.get(api) else {
            let family = self.families.iter().find(|family| api.starts_with(&family.prefix));
            return Ok(family.map_or(Permit::Granted, |family| family.take(api, calls, now)));
        };
        // Each change is one assignment; a panic elsewhere leaves it whole.
        Ok(bucket.lock().unwrap_or_else(PoisonError::into_inner).take(calls, now))
    }
}

#[cfg(test)]
mod tests {
    use dripr_core::testkit::contract;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn hourly(calls: u32) -> TokenBuckets {
        TokenBuckets::new([("api".to_owned(), Rate { calls, period: HOUR })])
    }

    #[tokio::test]
    async fn it_is_a_rate_limiter() {
        for calls in [2, 7, 60] {
            let now = at("2026-03-12T15:00:00Z");
            contract::rate_limiter(&hourly(calls), "api", calls, now).await;
        }
    }

    #[tokio::test]
    async fn no_hour_has_more_calls_than_a_full_bucket_and_an_hour_bring() {
        let limiter = hourly(6);
        let start = at("2026-03-12T15:00:00Z");
        let mut granted = 0;
        for minute in 0..60 {
            let now = start + TimeDelta::minutes(minute);
            while limiter.take("api", 1, now).await.unwrap() == Permit::Granted {
                granted += 1;
            }
        }
        assert_eq!(granted, 6 + 5);
    }

    #[tokio::test]
    async fn a_clock_that_was_ahead_owes_and_is_owed_nothing() {
        let limiter = hourly(2);
        let (now, ahead) = (at("2026-03-12T15:00:00Z"), at("2036-03-12T15:00:00Z"));
        assert_eq!(limiter.take("api", 2, ahead).await.unwrap(), Permit::Granted);
        let retry_at = at("2026-03-12T15:30:00Z");
        assert_eq!(limiter.take("api", 1, now).await.unwrap(), Permit::Exhausted { retry_at });
        assert_eq!(limiter.take("api", 1, retry_at).await.unwrap(), Permit::Granted);
        assert_eq!(limiter.take("other", 99, now).await.unwrap(), Permit::Granted, "no rate, no limit");
    }
}
