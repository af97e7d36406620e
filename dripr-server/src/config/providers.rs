//! The providers that are asked for anything, each with its section.

use super::{keyed_api::KeyedApi, mls::Mls, zillow::Zillow};

/// A provider that is asked for anything.
#[derive(Debug, Clone)]
pub enum Provider {
    /// Zillow, by two services.
    Zillow(Zillow),
    /// RentCast.
    RentCast(KeyedApi),
    /// Google's geocoding.
    Google(KeyedApi),
    /// The Federal Reserve Bank of St. Louis.
    Fred(KeyedApi),
    /// An MLS.
    Mls(Mls),
}

impl Provider {
    /// As people know it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Zillow(_) => "Zillow",
            Self::RentCast(_) => "RentCast",
            Self::Google(_) => "Google Geocoding",
            Self::Fred(_) => "FRED",
            Self::Mls(_) => "the MLS",
        }
    }
}
