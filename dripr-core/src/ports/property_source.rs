//! Homes, listings and sales.

use async_trait::async_trait;
use chrono::NaiveDate;

use super::Allowance;
use crate::{
    contact::Home,
    content::{GeoPoint, Listing, Property, Sale, ZipCode},
    errors::PortResult,
};

/// A data provider for homes: what one is worth, and what is for sale and was sold around a ZIP code.
///
/// Answers are facts of the day asked for; nothing later than `as_of` goes into them. Each call to a provider is taken
/// from the allowance first.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PropertySource: Send + Sync {
    /// Finds and values a home. A home that is known but cannot be valued honestly is given without a valuation and
    /// with the reason.
    ///
    /// # Errors
    /// [`Fault::NotFound`](crate::errors::Fault::NotFound) if nobody knows the home.
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Property>;

    /// Homes for sale around a ZIP code's centre, nearest first, at most `limit`. An empty list is an answer.
    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>>;

    /// Homes sold around a ZIP code's centre before `as_of`, latest first, at most `limit`. An empty list is an answer.
    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>>;
}

/// The home that is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The home as the agent's data has it.
    pub home: Home,
    /// Where it lies, if a geocoder found it or the agent's data tells.
    pub location: Option<GeoPoint>,
    /// The address as a geocoder writes it.
    pub formatted_address: Option<String>,
}
