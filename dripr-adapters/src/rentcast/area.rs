//! Where homes are looked for.

use dripr_core::content::{GeoPoint, ZipCode};

use super::record::Record;

/// Where homes are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Area {
    /// In a ZIP code.
    Zip(ZipCode),
    /// Around a point.
    Around {
        /// The point.
        centre: GeoPoint,
        /// How far from it.
        miles: u8,
    },
}

impl Area {
    /// What RentCast has to be told of it.
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Zip(zip) => vec![("zipCode", zip.to_string())],
            Self::Around { centre, miles } => vec![
                ("latitude", centre.latitude().to_string()),
                ("longitude", centre.longitude().to_string()),
                ("radius", miles.to_string()),
            ],
        }
    }

    /// Whether a home lies in it as far as its point tells, and how far from the centre, in tenths of a mile.
    pub(super) fn has(&self, record: &Record) -> Option<Option<f64>> {
        match (self, record.location()) {
            (Self::Around { centre, miles }, Some(location)) => {
                let far = (centre.miles_to(location) * 10.0).round() / 10.0;
                (far <= f64::from(*miles)).then_some(Some(far))
            }
            // Which ZIP codes go without a distance is decided in the core.
            _ => Some(None),
        }
    }
}
