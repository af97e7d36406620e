//! From an address to a point.

use async_trait::async_trait;

use super::Allowance;
use crate::{
    contact::Home,
    content::{GeoPoint, ZipCode},
    errors::PortResult,
};

/// Finds places on the map.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Geocoder: Send + Sync {
    /// Finds a home.
    ///
    /// # Errors
    /// [`Fault::NotFound`](crate::errors::Fault::NotFound) if nobody knows the address.
    async fn locate(&self, home: &Home, allowance: &Allowance) -> PortResult<Place>;

    /// Finds the centre of a ZIP code.
    ///
    /// # Errors
    /// [`Fault::NotFound`](crate::errors::Fault::NotFound) if there is no such ZIP code.
    async fn zip_centre(&self, zip: ZipCode, allowance: &Allowance) -> PortResult<GeoPoint>;
}

/// A place as a geocoder knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Where it lies.
    pub location: GeoPoint,
    /// The address as the geocoder writes it, on one line.
    pub formatted_address: String,
}
