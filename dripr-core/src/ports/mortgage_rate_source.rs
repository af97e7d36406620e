//! The mortgage rate.

use async_trait::async_trait;
use chrono::NaiveDate;

use super::Allowance;
use crate::{content::MortgageRate, errors::PortResult};

/// A data provider for the average rate of a 30-year fixed mortgage.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait MortgageRateSource: Send + Sync {
    /// The latest rate published on or before a day, with its changes.
    ///
    /// # Errors
    /// [`Fault::NotFound`](crate::errors::Fault::NotFound) if none was published by then.
    async fn rate(&self, as_of: NaiveDate, allowance: &Allowance) -> PortResult<MortgageRate>;
}
