//! Homes in a ZIP code and around it: where they are looked for, and which of those that are found are given.

use std::cmp::Reverse;

use dripr_core::{
    content::{GeoPoint, Listing, Sale, ZipCode},
    errors::{Fault, PortResult},
    ports::{Allowance, Geocoder},
};

/// Where homes are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Area {
    /// In a ZIP code.
    Zip(ZipCode),
    /// Around the centre of a ZIP code.
    Around {
        /// The centre.
        centre: GeoPoint,
        /// How far from it.
        miles: u8,
    },
}

impl Area {
    /// Around the centre of a ZIP code, if somebody knows it; else in the ZIP code.
    pub(crate) async fn of(
        zip: ZipCode,
        centres: Option<&dyn Geocoder>,
        miles: u8,
        allowance: &Allowance,
    ) -> PortResult<Self> {
        let Some(centres) = centres else { return Ok(Self::Zip(zip)) };
        match centres.zip_centre(zip, allowance).await {
            Ok(centre) => Ok(Self::Around { centre, miles }),
            Err(error) if error.fault() == Fault::NotFound => Ok(Self::Zip(zip)),
            Err(error) => Err(error),
        }
    }

    /// How far from its centre a home lies, in tenths of a mile, if that is near enough. Where the place of a home or the
    /// centre is not told, nothing says that it is not; its ZIP code has to, which the core looks at.
    pub(crate) fn has(&self, home: Option<GeoPoint>) -> Option<Option<f64>> {
        match (self, home) {
            (Self::Around { centre, miles }, Some(home)) => {
                let far = centre.miles_to(home);
                (far <= f64::from(*miles)).then(|| Some((far * 10.0).round() / 10.0))
            }
            (Self::Around { .. }, None) | (Self::Zip(_), _) => Some(None),
        }
    }
}

/// The nearest, at most so many; those whose distance nobody told come last.
pub(crate) fn nearest(mut listings: Vec<Listing>, limit: usize) -> Vec<Listing> {
    let far = |listing: &Listing| listing.miles.unwrap_or(f64::MAX);
    listings.sort_by(|a, b| far(a).total_cmp(&far(b)));
    listings.truncate(limit);
    listings
}

/// The latest, at most so many.
pub(crate) fn latest(mut sales: Vec<Sale>, limit: usize) -> Vec<Sale> {
    sales.sort_by_key(|sale| Reverse(sale.sold_on));
    sales.truncate(limit);
    sales
}
