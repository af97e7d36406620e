//! Homes for sale.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{HomeFacts, ZipCode};

/// A home for sale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// Street address, where the source tells it.
    pub address: Option<String>,
    /// Its ZIP code.
    pub zip_code: ZipCode,
    /// Asking price in whole dollars.
    pub price: u64,
    /// When it came on the market.
    pub listed_on: Option<NaiveDate>,
    /// What is known of the home.
    pub facts: HomeFacts,
    /// How far from the ZIP code's centre, in miles.
    pub miles: Option<f64>,
    /// Its page, http or https only.
    pub link: Option<String>,
    /// Whose listing it is, where the source wants that said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courtesy_of: Option<String>,
    /// Who says so, as the report names it.
    pub source: String,
}
