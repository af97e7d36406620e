//! Statistics and price trend of the ZIP code, and the mortgage rate.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{Engine, Outcome, Work, shared_content::provide};
use crate::{
    content::{AreaContent, AreaKind, LocalMarket, ZipCode},
    engine::{areas::Cost, within::within},
    errors::{Fault, PortError, PortResult},
};

/// The two calls of one fetch.
pub(super) const COST: Cost = Cost { vendor: 2, model: 0 };

pub(super) async fn handle(engine: &Arc<Engine>, work: &Work) -> Outcome {
    let key = engine.area_key(work, AreaKind::LocalMarketData);
    let fetch = fetch(engine.clone(), key.zip_code, key.day, work.last_attempt(engine));
    provide(engine, work, key, COST, fetch).await
}

/// Market and rate. One of them may be missing: at once where it does not exist, and at the last attempt where it only
/// cannot be had now. A failure of both is a failure.
pub(super) async fn fetch(
    engine: Arc<Engine>,
    zip: ZipCode,
    day: NaiveDate,
    last_attempt: bool,
) -> PortResult<AreaContent> {
    let (clock, limit) = (&*engine.ports.clock, engine.policy().data_timeout);
    let statistics = within(clock, limit, "the market source", engine.ports.markets.statistics(zip, day));
    let rate = within(clock, limit, "the mortgage rate source", engine.ports.rates.rate(day));
    let (statistics, rate) = futures_util::future::join(statistics, rate).await;
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
