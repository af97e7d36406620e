//! Where homes are looked for.

use dripr_core::content::{GeoPoint, ZipCode};

use super::record::Record;

/// So far from a ZIP code's centre homes are looked for first, in miles.
pub const NEAR_MILES: f64 = 2.0;
/// So far where nearer ones are too few, in miles.
pub const LOCAL_MILES: f64 = 5.0;
/// Miles of a degree of latitude; a little less than anywhere on Earth, so that a box is never too small.
const MILES_A_DEGREE: f64 = 68.6;

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
        miles: f64,
    },
}

impl Area {
    /// Whether it knows distances.
    pub(super) fn is_measured(&self) -> bool {
        matches!(self, Self::Around { .. })
    }

    /// The box that holds all of it: degrees from south to north and from west to east.
    pub(super) fn degrees(centre: GeoPoint, miles: f64) -> [f64; 4] {
        let up = miles / MILES_A_DEGREE;
        let along = up / centre.latitude().to_radians().cos().max(0.01);
        let [south, north] = [-up, up].map(|by| (centre.latitude() + by).clamp(-90.0, 90.0));
        let [west, east] = [-along, along].map(|by| (centre.longitude() + by).clamp(-180.0, 180.0));
        [south, north, west, east]
    }

    /// Whether a home lies in it, and how far from its centre, in tenths of a mile.
    pub(super) fn has(&self, record: &Record) -> Option<Option<f64>> {
        match self {
            Self::Zip(zip) => (record.zip_code() == Some(*zip)).then_some(None),
            Self::Around { centre, miles } => {
                let far = centre.miles_to(record.location()?);
                (far <= *miles).then_some(Some((far * 10.0).round() / 10.0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_holds_all_that_is_near() {
        for (latitude, longitude) in
            [(47.67, -122.34), (0.0, 0.0), (71.3, -156.8), (-89.9, 10.0), (60.0, 180.0)]
        {
            let centre = GeoPoint::new(latitude, longitude).unwrap();
            let [south, north, west, east] = Area::degrees(centre, 5.0);
            for degrees in 0..360 {
                let angle = f64::from(degrees).to_radians();
                let (lat, lon) = (latitude + angle.sin() * 0.2, longitude + angle.cos() * 0.5);
                let Ok(point) = GeoPoint::new(lat, lon) else { continue };
                let inside = (south..=north).contains(&lat) && (west..=east).contains(&lon);
                assert!(
                    inside || centre.miles_to(point) > 5.0 || latitude < -85.0,
                    "{point:?} of {centre:?}"
                );
            }
        }
    }
}
