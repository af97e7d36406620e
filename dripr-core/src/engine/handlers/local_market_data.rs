//! Statistics and price trend of the ZIP code, and the mortgage rate.

use std::sync::Arc;

use chrono::NaiveDate;
use futures_util::FutureExt;

use super::{Engine, Outcome, Work, shared_content::provide};
use crate::{
    content::{AreaContent, AreaKind, LocalMarket, ZipCode, plausible},
    engine::{
        areas::Fetching,
        spending::{Callee, Spending},
        within::within,
    },
    errors::{Fault, PortError, PortResult},
    ports::Allowance,
};

pub(super) async fn handle(engine: &Arc<Engine>, work: &Work) -> Outcome {
    let key = engine.area_key(work, AreaKind::LocalMarketData);
    let fetch = fetch(engine.clone(), key.zip_code, key.day, work.last_attempt(engine));
    provide(engine, work, key, Callee::Vendor, fetch).await
}

/// The fetch of a ZIP code's market.
pub(super) fn fetch(
    engine: Arc<Engine>,
    zip: ZipCode,
    day: NaiveDate,
    last_attempt: bool,
) -> impl FnOnce(Arc<Spending>) -> Fetching {
    move |spending| {
        async move { market(&engine, zip, day, last_attempt, &spending.allowance()).await }.boxed()
    }
}

/// Market and rate. One of them may be missing: at once where it does not exist, and at the last attempt where it only
/// cannot be had now. A failure of both is a failure.
async fn market(
    engine: &Engine,
    zip: ZipCode,
    day: NaiveDate,
    last_attempt: bool,
    allowance: &Allowance,
) -> PortResult<AreaContent> {
    let (clock, limit) = (&*engine.ports.clock, engine.policy().data_timeout);
    let statistics =
        within(clock, limit, "the market source", engine.ports.markets.statistics(zip, day, allowance));
    let rate = within(clock, limit, "the mortgage rate source", engine.ports.rates.rate(day, allowance));
    let (statistics, rate) = futures_util::future::join(statistics, rate).await;
    let statistics = statistics.and_then(|statistics| plausible::statistics(statistics, zip, day));
    let oldest = engine.policy().stale_after_days;
    let rate = rate.and_then(|rate| plausible::rate(rate, day, oldest));
    let (statistics, statistics_error) = part(statistics, last_attempt)?;
    let (mortgage_rate, _) = part(rate, last_attempt)?;
    if statistics.is_none() && mortgage_rate.is_none() {
        return Err(statistics_error.unwrap_or_else(|| {
            PortError::new(Fault::NotFound, "neither market data nor a mortgage rate is known")
        }));
    }
    Ok(AreaContent::LocalMarketData(LocalMarket { statistics, mortgage_rate }))
}

fn part<T>(answer: PortResult<T>, last_attempt: bool) -> PortResult<(Option<T>, Option<PortError>)> {
    match answer {
        Ok(part) => Ok((Some(part), None)),
        Err(error) if last_attempt || !error.fault().may_heal() => Ok((None, Some(error))),
        Err(error) => Err(error),
    }
}
