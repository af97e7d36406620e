//! Where homes are looked for.

use dripr_core::content::{GeoPoint, ZipCode};

use super::record::Record;

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
    /// How far from its centre a home lies, in tenths of a mile, if that is near enough. Where the place of a home or the
    /// centre is not told, nothing says that it is not; its ZIP code has to.
    pub(super) fn has(&self, record: &Record) -> Option<Option<f64>> {
        match (self, record.location()) {
            (Self::Around { centre, miles }, Some(location)) => {
                let far = centre.miles_to(location);
                (far <= f64::from(*miles)).then(|| Some((far * 10.0).round() / 10.0))
            }
            (Self::Around { .. }, None) | (Self::Zip(_), _) => Some(None),
        }
    }
}
