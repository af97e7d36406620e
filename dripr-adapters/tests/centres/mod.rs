//! A map for tests.

use async_trait::async_trait;
use dripr_core::{
    contact::Home,
    content::{GeoPoint, ZipCode},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Geocoder, Place},
};

/// A map of one ZIP code, with its centre and without homes.
pub(crate) struct CentreOf(pub(crate) ZipCode, pub(crate) GeoPoint);

#[async_trait]
impl Geocoder for CentreOf {
    async fn locate(&self, _: &Home, _: &Allowance) -> PortResult<Place> {
        Err(PortError::new(Fault::NotFound, "no homes here"))
    }

    async fn zip_centre(&self, asked: ZipCode, _: &Allowance) -> PortResult<GeoPoint> {
        let unknown = || PortError::new(Fault::NotFound, "another ZIP code");
        (asked == self.0).then_some(self.1).ok_or_else(unknown)
    }
}
