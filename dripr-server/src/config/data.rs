//! `[data]`: the files that market data comes from.

use std::path::PathBuf;

use chrono::NaiveDate;
use serde::Deserialize;

use super::ConfigProblem;

/// The files that market data comes from.
#[derive(Debug, Clone)]
pub struct Data {
    /// Homes sold, if there is such a file.
    pub sales: Option<PathBuf>,
    /// How reports name where sales, values and statistics come from.
    pub sales_source: String,
    /// Homes for sale, if there is such a file.
    pub listings: Option<PathBuf>,
    /// How reports name where these come from.
    pub listings_source: String,
    /// The day on which listings were exported.
    pub listings_exported_on: Option<NaiveDate>,
    /// Mortgage rates, if there is such a file.
    pub rates: Option<PathBuf>,
    /// How reports name where mortgage rates come from.
    pub rates_source: String,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    sales: Option<PathBuf>,
    sales_source: String,
    listings: Option<PathBuf>,
    listings_source: String,
    listings_exported_on: Option<NaiveDate>,
    rates: Option<PathBuf>,
    rates_source: String,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            sales: None,
            sales_source: "local sales records".into(),
            listings: None,
            listings_source: "local listings".into(),
            listings_exported_on: None,
            rates: None,
            rates_source: "local mortgage rates".into(),
        }
    }
}

impl Written {
    pub(super) fn check(
        self,
        needs_sales: bool,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Data, ConfigProblem> {
        if needs_sales && self.sales.is_none() {
            let reason = "missing: give the CSV file of homes sold that reports are made from, or name others than \
                          \"files\" for homes, sales and markets in [sources]";
            return Err(ConfigProblem::key("data.sales", reason));
        }
        Ok(Data {
            sales: self.sales.map(&absolute),
            sales_source: self.sales_source,
            listings: self.listings.map(&absolute),
            listings_source: self.listings_source,
            listings_exported_on: self.listings_exported_on,
            rates: self.rates.map(&absolute),
            rates_source: self.rates_source,
        })
    }
}
