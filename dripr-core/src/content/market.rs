//! The market of a ZIP code and the price of money.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::ZipCode;

/// What a ZIP code's market looks like on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketStatistics {
    /// The ZIP code.
    pub zip_code: ZipCode,
    /// The day for which it holds; nothing later was known.
    pub as_of: NaiveDate,
    /// The number of days before `as_of` in which homes counted as sold or as new on the market.
    pub period_days: u16,
    /// Which homes the medians and the trend are of.
    #[serde(default)]
    pub figures_of: FiguresOf,
    /// Sales in the period, where the source tells.
    #[serde(default)]
    pub sales: Option<u32>,
    /// Median price, whole dollars.
    pub median_price: Option<u64>,
    /// Median price per square foot of living area, whole dollars.
    pub median_price_per_sqft: Option<u32>,
    /// Median days on the market, where the source tells.
    pub median_days_on_market: Option<u32>,
    /// Homes that came on the market in the period, where the source tells.
    #[serde(default)]
    pub new_listings: Option<u32>,
    /// Homes for sale on `as_of`, where the source tells.
    pub active_listings: Option<u32>,
    /// How prices moved, where enough sold to say.
    pub trend: Option<PriceTrend>,
    /// Who says so, as the report names it.
    pub source: String,
}

/// Which homes figures are of. What is asked is not what is paid, so a report says which it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiguresOf {
    /// Homes sold in the period, and what was paid for them.
    #[default]
    Sold,
    /// Homes for sale on the day, and what is asked for them.
    ForSale,
}

/// A change in price level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PriceTrend {
    /// Percent, positive when prices rose.
    pub percent: f64,
    /// Over how many days.
    pub over_days: u16,
}

/// The average rate of a 30-year fixed mortgage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MortgageRate {
    /// Percent a year.
    pub percent: f64,
    /// The survey's date.
    pub as_of: NaiveDate,
    /// Percentage points against about a month before, where known.
    pub change_month: Option<f64>,
    /// Percentage points against about a year before, where known.
    pub change_year: Option<f64>,
    /// Who says so, as the report names it.
    pub source: String,
}

/// What the local market data operation brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalMarket {
    /// The ZIP code's figures, where a source had any.
    pub statistics: Option<MarketStatistics>,
    /// The price of money, where a source had it.
    pub mortgage_rate: Option<MortgageRate>,
}
