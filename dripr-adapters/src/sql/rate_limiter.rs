//! How fast providers may be called, counted in a row for each API.

use async_trait::async_trait;
use dripr_core::{
    errors::PortResult,
    ports::{Permit, RateLimiter},
    schedule::Instant,
};

use super::{
    SqlStore,
    connection::{Connection, query},
    error::While,
    instant::{instant, micros},
};
use crate::{
    api_rates::ApiRates,
    token_bucket::{Bucket, Rate},
};

/// Token buckets that all processes share which have the same database open: for where there is no Redis.
///
/// They fill and empty as [`TokenBuckets`](crate::token_bucket::TokenBuckets) do, by the callers' clocks, and each taking is a
/// transaction. All processes should be given the same rates; where they differ, each takes by its own from the same bucket.
/// A failure of the machine may give back the last calls.
///
#[cfg_attr(feature = "sqlite", doc = "```")]
#[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
/// use std::time::Duration;
/// use dripr_adapters::{sql::{SqlRateLimiter, SqlStore, SqliteOptions}, token_bucket::Rate};
/// use dripr_core::ports::{Permit, RateLimiter};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// # let folder = tempfile::tempdir()?;
/// let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await?;
/// let ten_a_minute = Rate { calls: 10, period: Duration::from_secs(60) };
/// let limiter = SqlRateLimiter::new(store, [("zillow".to_owned(), ten_a_minute)]);
/// let now = "2026-03-12T15:00:00Z".parse()?;
/// assert_eq!(limiter.take("zillow", 10, now).await?, Permit::Granted);
/// let retry_at = "2026-03-12T15:00:06Z".parse()?;
/// assert_eq!(limiter.take("zillow", 1, now).await?, Permit::Exhausted { retry_at });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct SqlRateLimiter {
    store: SqlStore,
    rates: ApiRates,
}

impl SqlRateLimiter {
    /// A bucket for each API. One that nobody took from is full.
    #[must_use]
    pub fn new(store: SqlStore, rates: impl IntoIterator<Item = (String, Rate)>) -> Self {
        Self { store, rates: ApiRates::new(rates) }
    }

    /// The same, with a bucket of its own for each API whose name begins with a prefix.
    #[must_use]
    pub fn with_each(mut self, prefix: impl Into<String>, rate: Rate) -> Self {
        self.rates.add_family(prefix.into(), rate);
        self
    }
}

#[async_trait]
impl RateLimiter for SqlRateLimiter {
    async fn take(&self, api: &str, calls: u32, now: Instant) -> PortResult<Permit> {
        let Some(rate) = self.rates.of(api) else { return Ok(Permit::Granted) };
        let api = api.to_owned();
        self.store
            .shared
            .writer
            .call_repeatable(move |transaction| {
                let api = api.clone();
                Box::pin(async move { take(transaction.connection, &api, rate, calls, now).await })
            })
            .await
    }
}

async fn take(
    connection: &mut Connection,
    api: &str,
    rate: Rate,
    calls: u32,
    now: Instant,
) -> PortResult<Permit> {
    let doing = "counting calls to a provider";
    let sql = "SELECT empty_at FROM rate_limits WHERE api_name = ?1@locked";
    let row = query(sql).bind(api).fetch_optional(&mut *connection).await.doing(doing)?;
    let empty_at: Option<i64> = row.as_ref().map(|row| row.try_get(0).doing(doing)).transpose()?;
    let empty_at = empty_at.map(|at| instant(at, "rate_limits", "empty_at", api)).transpose()?;
    let mut bucket = Bucket::emptied_at(rate, empty_at);
    let permit = bucket.take(calls, now);
    let sql = if row.is_some() {
        "UPDATE rate_limits SET empty_at = ?2 WHERE api_name = ?1"
    } else {
        // Whoever was faster is seen by the next try.
        "INSERT INTO rate_limits (api_name, empty_at) VALUES (?1, ?2)"
    };
    let empty_at = bucket.empty_at().map_or_else(|| micros(now), micros);
    query(sql).bind(api).bind(empty_at).execute(connection).await.doing(doing)?;
    Ok(permit)
}
