//! Asking each source about what it knows best.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_core::{
    content::{Listing, Property, Sale, ZipCode},
    errors::PortResult,
    ports::{Allowance, PropertySource, Subject},
};

/// One source for homes and their values, one for homes for sale, one for homes sold: a brokerage may have the latter two
/// from its MLS and buy the first.
#[derive(Clone)]
pub struct Divided {
    /// Who is asked about homes.
    pub homes: Arc<dyn PropertySource>,
    /// Who is asked about homes for sale.
    pub listings: Arc<dyn PropertySource>,
    /// Who is asked about homes sold.
    pub sales: Arc<dyn PropertySource>,
}

impl fmt::Debug for Divided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Divided").finish_non_exhaustive()
    }
}

#[async_trait]
impl PropertySource for Divided {
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Property> {
        self.homes.property(subject, as_of, allowance).await
    }

    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        self.listings.active_listings(zip, as_of, limit, allowance).await
    }

    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        self.sales.recent_sales(zip, as_of, limit, allowance).await
    }
}
