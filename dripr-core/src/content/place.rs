//! ZIP codes and points on the map.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A text or number that is no place.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidPlace {
    /// Not a ZIP code.
    #[error("zip_code {0:?} is not a US ZIP code: five digits, or ZIP+4 such as 98103-1234")]
    ZipCode(String),
    /// Not a point on Earth.
    #[error(
        "location {latitude}, {longitude} is not a point: latitude -90 to 90, longitude -180 to 180 degrees"
    )]
    Point {
        /// What was given.
        latitude: f64,
        /// What was given.
        longitude: f64,
    },
}

/// A five-digit US ZIP code. ZIP+4 is accepted and cut to its first five digits.
///
/// ```
/// use dripr_core::content::ZipCode;
/// assert_eq!("98103-4321".parse::<ZipCode>()?.as_str(), "98103");
/// assert!("9810".parse::<ZipCode>().is_err());
/// # Ok::<(), dripr_core::content::InvalidPlace>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ZipCode([u8; 5]);

impl ZipCode {
    /// The five digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only digits were let in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for ZipCode {
    type Err = InvalidPlace;
    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let invalid = || InvalidPlace::ZipCode(text.chars().take(40).collect());
        let bytes = text.trim().as_bytes();
        let (five, rest) = bytes.split_first_chunk::<5>().ok_or_else(invalid)?;
        let plus_four = match rest {
            [] => true,
            [b'-', four @ ..] => four.len() == 4 && four.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        if plus_four && five.iter().all(u8::is_ascii_digit) { Ok(Self(*five)) } else { Err(invalid()) }
    }
}

impl TryFrom<String> for ZipCode {
    type Error = InvalidPlace;
    fn try_from(text: String) -> Result<Self, InvalidPlace> {
        text.parse()
    }
}

impl From<ZipCode> for String {
    fn from(zip: ZipCode) -> Self {
        zip.as_str().to_owned()
    }
}

impl fmt::Display for ZipCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ZipCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZipCode({self})")
    }
}

/// A point, in degrees (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawPoint")]
pub struct GeoPoint {
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
struct RawPoint {
    latitude: f64,
    longitude: f64,
}

impl TryFrom<RawPoint> for GeoPoint {
    type Error = InvalidPlace;
    fn try_from(raw: RawPoint) -> Result<Self, InvalidPlace> {
        Self::new(raw.latitude, raw.longitude)
    }
}

impl GeoPoint {
    /// A point from degrees.
    ///
    /// # Errors
    /// [`InvalidPlace::Point`] if either is not finite or out of range.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, InvalidPlace> {
        if (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude) {
            Ok(Self { latitude, longitude })
        } else {
            Err(InvalidPlace::Point { latitude, longitude })
        }
    }

    /// Degrees north.
    #[must_use]
    pub fn latitude(self) -> f64 {
        self.latitude
    }

    /// Degrees east.
    #[must_use]
    pub fn longitude(self) -> f64 {
        self.longitude
    }

    /// Great-circle distance in miles (haversine, mean Earth radius 3,958.8 mi).
    #[must_use]
    pub fn miles_to(self, other: Self) -> f64 {
        let (a, b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_lat = (b - a) / 2.0;
        let half_lon = (other.longitude - self.longitude).to_radians() / 2.0;
        let h = half_lat.sin().powi(2) + a.cos() * b.cos() * half_lon.sin().powi(2);
        2.0 * 3958.8 * h.clamp(0.0, 1.0).sqrt().asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_code_is_five_digits() {
        for good in ["98103", " 00501 ", "98103-0001"] {
            assert!(good.parse::<ZipCode>().is_ok(), "{good}");
        }
        for bad in ["", "981034", "98103-1", "9810a", "٩٨١٠٣", "98103 1234"] {
            assert!(bad.parse::<ZipCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn distance_is_in_miles() {
        let seattle = GeoPoint::new(47.6062, -122.3321).unwrap();
        let portland = GeoPoint::new(45.5152, -122.6784).unwrap();
        assert!((seattle.miles_to(portland) - 145.3).abs() < 1.0);
        assert!(GeoPoint::new(f64::NAN, 0.0).is_err());
    }
}
