//! What a ZIP code's market looks like, from its closed sales.

use chrono::NaiveDate;
use dripr_core::{
    content::{FiguresOf, MarketStatistics, ZipCode},
    errors::{Fault, PortError, PortResult},
    ports::Allowance,
};

use super::{
    ResoWebApi, area::Area, estimate::usable_area, pages::MOST_RECORDS, question::Status, record::Record,
};
use crate::days_before::days_before;

/// The days before the as-of day that the figures cover.
pub const PERIOD_DAYS: u16 = 90;
/// A median is given from this many sales on.
pub const LEAST_FOR_MEDIAN: usize = 3;

/// So many records are enough for a median.
const MOST_SALES: usize = 5 * MOST_RECORDS;

/// A sale of the period.
struct Closed {
    price: Option<f64>,
    per_sqft: Option<f64>,
    days_on_market: Option<f64>,
}

pub(super) async fn statistics(
    mls: &ResoWebApi,
    zip: ZipCode,
    as_of: NaiveDate,
    allowance: &Allowance,
) -> PortResult<MarketStatistics> {
    let area = Area::Zip(zip);
    let since = days_before(as_of, u64::from(PERIOD_DAYS));
    let question = mls.question(Some(Status::Closed)).within(&area).closed(since, as_of);
    let question = question.latest_by("CloseDate").counted();
    let keep = |record: Record| {
        area.has(&record).filter(|_| record.is(Status::Closed))?;
        record.close_date.filter(|day| (since..as_of).contains(day))?;
        Some(closed(&record))
    };
    let read = mls.pages.read(&question, MOST_SALES, keep, allowance).await?;
    let counted = u32::try_from(read.kept.len()).ok();
    let sales = if read.is_all { counted } else { read.count.max(counted) };
    // How many homes are for sale is known of today only. A day's difference is one of time zones.
    let is_today = as_of >= days_before(mls.clock.now().date_naive(), 1);
    let active_listings = if is_today {
        let active = mls.question(Some(Status::Active)).within(&area).above("ListPrice", 0);
        mls.pages.count(active, allowance).await?
    } else {
        None
    };
    if read.kept.is_empty() && active_listings.unwrap_or_default() == 0 {
        let message = format!("the MLS knows of no home sold or for sale in ZIP code {zip} on {as_of}");
        return Err(PortError::new(Fault::NotFound, message));
    }
    let middle = |of: fn(&Closed) -> Option<f64>| {
        let values: Vec<f64> = read.kept.iter().filter_map(of).collect();
        median(values).map(f64::round)
    };
    Ok(MarketStatistics {
        zip_code: zip,
        as_of,
        period_days: PERIOD_DAYS,
        figures_of: FiguresOf::Sold,
        sales,
        median_price: middle(|sale| sale.price).map(|price| price as u64),
        median_price_per_sqft: middle(|sale| sale.per_sqft)
            .map(|price| price as u32)
            .filter(|price| *price > 0),
        median_days_on_market: middle(|sale| sale.days_on_market).map(|days| days as u32),
        new_listings: None,
        active_listings,
        trend: None,
        source: mls.source.clone(),
    })
}

fn closed(record: &Record) -> Closed {
    let price = record.closed().map(|(price, _)| price as f64);
    let area = usable_area(&record.facts());
    let per_sqft = price.zip(area).map(|(price, area)| price / f64::from(area));
    Closed { price, per_sqft, days_on_market: record.days_on_market.map(f64::from) }
}

/// The middle value, or the mean of the two middle ones, of enough values.
fn median(mut values: Vec<f64>) -> Option<f64> {
    if values.len() < LEAST_FOR_MEDIAN {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let (lower, upper) = (values.get((values.len() - 1) / 2)?, values.get(values.len() / 2)?);
    Some((lower + upper) / 2.0)
}
