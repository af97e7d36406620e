//! Centres of ZIP codes, from the Census gazetteer shipped with the crate.
//!
//! About 33,800 ZIP code tabulation areas. ZIP codes that deliver to post-office boxes or to one building alone have
//! no area and so no centre here.

use std::{io::Read, sync::OnceLock};

use async_trait::async_trait;
use dripr_core::{
    contact::Home,
    content::{GeoPoint, ZipCode},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Geocoder, Place},
};
use flate2::read::GzDecoder;

const GAZETTEER: &[u8] = include_bytes!("../../data/zip-centres.csv.gz");

/// The centre of a ZIP code, to about ten metres.
///
/// ```
/// use dripr_adapters::local_data::zip_centres;
/// let ballard = zip_centres::centre("98107".parse()?).unwrap();
/// assert!((ballard.latitude() - 47.67).abs() < 0.02 && (ballard.longitude() + 122.37).abs() < 0.02);
/// assert!(zip_centres::centre("00000".parse()?).is_none());
/// # Ok::<(), dripr_core::content::InvalidPlace>(())
/// ```
#[must_use]
pub fn centre(zip: ZipCode) -> Option<GeoPoint> {
    static CENTRES: OnceLock<Vec<(ZipCode, GeoPoint)>> = OnceLock::new();
    let centres = CENTRES.get_or_init(unpack);
    let at = centres.binary_search_by_key(&zip, |(zip, _)| *zip).ok()?;
    centres.get(at).map(|(_, point)| *point)
}

/// A geocoder that knows the centres of ZIP codes and no homes. It asks nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZipCentres;

#[async_trait]
impl Geocoder for ZipCentres {
    async fn locate(&self, _: &Home, _: &Allowance) -> PortResult<Place> {
        Err(PortError::new(Fault::NotFound, "the gazetteer has no homes"))
    }

    async fn zip_centre(&self, zip: ZipCode, _: &Allowance) -> PortResult<GeoPoint> {
        centre(zip)
            .ok_or_else(|| PortError::new(Fault::NotFound, format!("no centre of ZIP code {zip} is known")))
    }
}

/// Reads the packed table, which is sorted by ZIP code. A line that does not parse is left out; the test below holds
/// that there is none.
fn unpack() -> Vec<(ZipCode, GeoPoint)> {
    let mut text = String::new();
    if GzDecoder::new(GAZETTEER).read_to_string(&mut text).is_err() {
        return Vec::new();
    }
    let line = |line: &str| {
        let mut fields = line.split(',');
        let zip = fields.next()?.parse().ok()?;
        let point = GeoPoint::new(fields.next()?.parse().ok()?, fields.next()?.parse().ok()?).ok()?;
        Some((zip, point))
    };
    text.lines().skip(1).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_gazetteer_is_read_and_in_order() {
        let all = unpack();
        assert_eq!(all.len(), 33_791);
        assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn leading_zeros_are_kept() {
        let boston = centre("02108".parse().unwrap()).unwrap();
        assert!((boston.latitude() - 42.36).abs() < 0.02);
        assert!(centre("99999".parse().unwrap()).is_none());
    }
}
