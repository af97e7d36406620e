//! Homes sold.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{HomeFacts, ZipCode};

/// A home that was sold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sale {
    /// Street address, where the source tells it.
    pub address: Option<String>,
    /// Its ZIP code.
    pub zip_code: ZipCode,
    /// Price in whole dollars.
    pub price: u64,
    /// When it sold.
    pub sold_on: NaiveDate,
    /// What is known of the home.
    pub facts: HomeFacts,
    /// How far from the ZIP code's centre, in miles.
    pub miles: Option<f64>,
    /// Whose listing it was, where the source wants that said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courtesy_of: Option<String>,
    /// Who says so, as the report names it.
    pub source: String,
}
