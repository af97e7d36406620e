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
        /// The ZIP code.
        zip: ZipCode,
        /// Its centre.
        centre: GeoPoint,
        /// How far from it.
        miles: u8,
    },
}

impl Area {
    /// Whether a home lies in it, and how far from its centre, in tenths of a mile. A home whose place is not told may
    /// still have the ZIP code.
    pub(super) fn has(&self, record: &Record) -> Option<Option<f64>> {
        let zip = match *self {
            Self::Zip(zip) => zip,
            Self::Around { zip, centre, miles } => match record.location() {
                Some(location) => {
                    let far = centre.miles_to(location);
                    return (far <= f64::from(miles)).then(|| Some((far * 10.0).round() / 10.0));
                }
                None => zip,
            },
        };
        (record.zip_code() == Some(zip)).then_some(None)
    }
}
