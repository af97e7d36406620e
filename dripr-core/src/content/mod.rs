//! What a report is made of: facts with their source and date, and the words written from them.
//!
//! Property, valuation and home report belong to one campaign and cycle ([`CycleContent`]); listings, sales, market
//! and intro depend on the ZIP code alone and are shared by all campaigns of an area and day ([`AreaContent`]).

mod area;
mod listing;
mod market;
mod place;
pub mod plausible;
mod property;
mod sale;
mod words;

pub use area::{AreaContent, AreaKey, AreaKind};
pub use listing::Listing;
pub use market::{FiguresOf, LocalMarket, MarketStatistics, MortgageRate, PriceTrend};
pub use place::{GeoPoint, InvalidPlace, ZipCode};
pub use property::{Comparable, Confidence, HomeFacts, InvalidFact, Property, Valuation, ValueRange};
pub use sale::Sale;
pub use words::{Author, Draft, Usage, Words};

use serde::{Deserialize, Serialize};

/// What one campaign's own operations brought for one cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CycleContent {
    /// The home and, where it can be given honestly, its value.
    Property(Property),
    /// The words about the home.
    HomeReport(Words),
}
