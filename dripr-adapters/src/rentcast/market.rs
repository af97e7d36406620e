//! What a ZIP code's market looks like: `/markets`.
//!
//! The figures are of homes for sale and of what is asked for them. RentCast gathers them by the month: those of the month
//! that is running are brought up to date once a day, and frozen when it ends. So what is given is either the running
//! month up to `lastUpdatedDate`, or the latest month in `history` that had ended by the day asked about; of both the one
//! that reaches farther, and nothing older than [`OLDEST_DAYS`].
//!
//! # What is left out
//!
//! - How many homes are for sale on the day. `totalListings` is, by RentCast's page "Market Data", the number of listings
//!   *seen* in the month, with those that have gone since.
//! - Land. RentCast counts lots among its listings. Their number is subtracted from the new listings. The median price and
//!   the days on the market cannot be freed of them, so they are left out where more than [`MOST_LAND`] of the listings are
//!   land. Lots have no living area, so the price per square foot is that of homes.
//! - Medians of fewer than [`LEAST_FOR_MEDIAN`] listings.
//!
//! # The trend
//!
//! It is that of the median price per square foot. The median price moves with what happens to be for sale, large homes
//! or small ones, and with land; what a square foot costs does so less. The month is held against the same month a year
//! before, which is the same season, or where that is missing against the farthest month there is between
//! [`LEAST_MONTHS`] months and a year before.

use std::{collections::BTreeMap, ops::RangeInclusive};

use chrono::{Datelike, Months, NaiveDate};
use dripr_core::{
    content::{FiguresOf, MarketStatistics, PriceTrend, ZipCode, plausible},
    errors::{Fault, PortError, PortResult},
    ports::Allowance,
};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::{RentCast, SOURCE, api::garbled};
use crate::{days_before::days_before, http::json};

/// Figures that end longer ago than this are not given, in days.
pub const OLDEST_DAYS: u64 = 92;
/// A median is given from this many listings on, where RentCast tells how many there are.
pub const LEAST_FOR_MEDIAN: u32 = 3;
/// The largest part of the listings that may be land where their median price is given.
pub const MOST_LAND: f64 = 0.2;
/// How many months before a month may lie that it is held against.
pub const LEAST_MONTHS: i32 = 3;
const COMPARED: RangeInclusive<i32> = LEAST_MONTHS..=12;

pub(super) async fn statistics(
    rentcast: &RentCast,
    zip: ZipCode,
    as_of: NaiveDate,
    allowance: &Allowance,
) -> PortResult<MarketStatistics> {
    let unknown = || {
        let message = format!("{SOURCE} knows nothing of the market in ZIP code {zip} on {as_of}");
        PortError::new(Fault::NotFound, message)
    };
    let today = rentcast.today();
    // The month of the day, and a year before it.
    let months = months_between(as_of, today).max(0) + 13;
    let query = [("zipCode", zip.to_string()), ("historyRange", months.to_string())];
    let answer = rentcast.api.ask("markets", &query, &[StatusCode::NOT_FOUND], allowance).await?;
    let market: Market = json::as_record(answer.ok_or_else(unknown)?).ok_or_else(|| garbled("a market"))?;
    if market.zip_code().is_some_and(|told| told != zip) {
        return Err(PortError::new(Fault::NotFound, format!("{SOURCE} answered about another ZIP code")));
    }
    let sale_data = market.sale_data.ok_or_else(unknown)?;
    let history = sale_data.history();
    let running = sale_data.running(as_of, rentcast.is_today(as_of));
    let ended = history.iter().filter_map(|(first, month)| {
        let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
        (last <= as_of && last < today).then_some((last, month))
    });
    let (day, month) = running.into_iter().chain(ended).max_by_key(|(day, _)| *day).ok_or_else(unknown)?;
    if day < days_before(as_of, OLDEST_DAYS) {
        return Err(unknown());
    }
    let statistics = MarketStatistics {
        zip_code: zip,
        as_of: day,
        period_days: u16::try_from(day.day()).unwrap_or(1),
        figures_of: FiguresOf::ForSale,
        sales: None,
        median_price: month.median_price(),
        median_price_per_sqft: month.per_sqft().map(|price| price.round() as u32),
        median_days_on_market: month.median_days_on_market(),
        new_listings: month.new_listings(),
        active_listings: None,
        trend: trend(day, month, &history),
        source: SOURCE.to_owned(),
    };
    // What cannot be must not pass for something known.
    let statistics = plausible::statistics(statistics, zip, as_of)?;
    let known = [
        statistics.median_price.is_some(),
        statistics.median_price_per_sqft.is_some(),
        statistics.median_days_on_market.is_some(),
        statistics.new_listings.is_some(),
    ];
    if known.contains(&true) { Ok(statistics) } else { Err(unknown()) }
}

/// How many months a day's month lies before another's.
fn months_between(earlier: NaiveDate, later: NaiveDate) -> i32 {
    let months = |day: NaiveDate| day.year() * 12 + day.month0() as i32;
    months(later) - months(earlier)
}

fn trend(day: NaiveDate, month: &Month, history: &[(NaiveDate, Month)]) -> Option<PriceTrend> {
    let now = month.per_sqft()?;
    let earlier = history.iter().filter_map(|(first, month)| {
        let months = COMPARED.contains(&months_between(*first, day));
        Some((*first, month.per_sqft().filter(|_| months)?))
    });
    let (first, then) = earlier.min_by_key(|(first, _)| *first)?;
    let days = day.with_day(1)?.signed_duration_since(first).num_days();
    Some(PriceTrend {
        percent: ((now / then - 1.0) * 1_000.0).round() / 10.0,
        over_days: u16::try_from(days).ok()?,
    })
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Market {
    #[serde(deserialize_with = "json::text")]
    id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    zip_code: Option<String>,
    #[serde(deserialize_with = "json::record")]
    sale_data: Option<SaleData>,
}

impl Market {
    fn zip_code(&self) -> Option<ZipCode> {
        self.zip_code.as_deref().or(self.id.as_deref())?.parse().ok()
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SaleData {
    #[serde(deserialize_with = "json::day")]
    last_updated_date: Option<NaiveDate>,
    #[serde(flatten)]
    running: Month,
    /// By months such as `2024-10`.
    #[serde(deserialize_with = "json::record")]
    history: Option<BTreeMap<String, Value>>,
}

impl SaleData {
    /// The months of the history, each with its first day.
    fn history(&self) -> Vec<(NaiveDate, Month)> {
        let months = self.history.iter().flatten();
        let first = |month: &str| format!("{month}-01").parse().ok();
        months.filter_map(|(key, month)| Some((first(key)?, json::as_record(month.clone())?))).collect()
    }

    /// The running month and the day up to which it goes, if nothing later went into it. Where it is a day later than asked
    /// for, that is one of time zones.
    fn running(&self, as_of: NaiveDate, is_today: bool) -> Option<(NaiveDate, &Month)> {
        let updated = self.last_updated_date?;
        let zones = is_today && updated.pred_opt() == Some(as_of) && updated.month() == as_of.month();
        (updated <= as_of || zones).then(|| (updated.min(as_of), &self.running))
    }
}

/// The figures of a month. Any of them may be null.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Month {
    #[serde(deserialize_with = "json::amount")]
    median_price: Option<u64>,
    #[serde(deserialize_with = "json::number")]
    median_price_per_square_foot: Option<f64>,
    #[serde(deserialize_with = "json::integer")]
    median_days_on_market: Option<u32>,
    #[serde(deserialize_with = "json::integer")]
    new_listings: Option<u32>,
    #[serde(deserialize_with = "json::integer")]
    total_listings: Option<u32>,
    #[serde(deserialize_with = "json::records")]
    data_by_property_type: Vec<OfKind>,
}

/// How many listings are of one property type.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OfKind {
    #[serde(deserialize_with = "json::text")]
    property_type: Option<String>,
    #[serde(deserialize_with = "json::integer")]
    new_listings: Option<u32>,
    #[serde(deserialize_with = "json::integer")]
    total_listings: Option<u32>,
}

impl Month {
    fn median_price(&self) -> Option<u64> {
        self.median_price.filter(|_| self.has_enough() && self.is_of_homes())
    }

    fn per_sqft(&self) -> Option<f64> {
        self.median_price_per_square_foot.filter(|_| self.has_enough())
    }

    fn median_days_on_market(&self) -> Option<u32> {
        self.median_days_on_market.filter(|_| self.has_enough() && self.is_of_homes())
    }

    fn new_listings(&self) -> Option<u32> {
        let lots = self.land().and_then(|land| land.new_listings).unwrap_or_default();
        self.new_listings.map(|new| new.saturating_sub(lots))
    }

    fn has_enough(&self) -> bool {
        self.total_listings.is_none_or(|total| total >= LEAST_FOR_MEDIAN)
    }

    /// Whether there is little land among the listings, as far as RentCast tells.
    fn is_of_homes(&self) -> bool {
        let lots = self.land().and_then(|land| land.total_listings);
        let parts = lots.zip(self.total_listings);
        parts.is_none_or(|(lots, total)| f64::from(lots) <= MOST_LAND * f64::from(total))
    }

    fn land(&self) -> Option<&OfKind> {
        let is_land =
            |of: &&OfKind| of.property_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("Land"));
        self.data_by_property_type.iter().find(is_land)
    }
}
