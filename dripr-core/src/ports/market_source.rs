//! Market statistics.

use async_trait::async_trait;
use chrono::NaiveDate;

use super::Allowance;
use crate::{
    content::{MarketStatistics, ZipCode},
    errors::PortResult,
};

/// A data provider for the market of a ZIP code.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait MarketSource: Send + Sync {
    /// Statistics and price trend of a ZIP code; nothing later than `as_of` goes into them.
    ///
    /// # Errors
    /// [`Fault::NotFound`](crate::errors::Fault::NotFound) if nothing is known of the ZIP code.
    async fn statistics(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<MarketStatistics>;
}
