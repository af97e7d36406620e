use super::checks::{is_line, is_not_found};
use crate::{
    contact::Home,
    content::ZipCode,
    ports::{Allowance, Geocoder},
};

/// A home lies at most so far from the centre of its ZIP code, in miles. Some in Alaska are that large.
const LARGEST_ZIP_CODE: f64 = 200.0;

/// What the suite asks a [`Geocoder`] about.
#[derive(Debug, Clone, PartialEq)]
pub struct GeocoderQuestions {
    /// A home that the geocoder knows, in a ZIP code whose centre it knows.
    pub known: Home,
    /// A home that nobody knows.
    pub unknown: Home,
    /// A ZIP code that does not exist.
    pub unknown_zip: ZipCode,
}

/// What every [`Geocoder`] must do: the place of what was asked, and an error where there is none.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn geocoder<G: Geocoder + ?Sized>(geocoder: &G, ask: &GeocoderQuestions) {
    let place = geocoder
        .locate(&ask.known, &Allowance::unlimited())
        .await
        .expect("a home that the geocoder knows is found");
    assert!(
        is_line(&place.formatted_address),
        "the address of a place stands on one line, unlike {:?}",
        place.formatted_address
    );
    let centre = geocoder
        .zip_centre(ask.known.zip_code, &Allowance::unlimited())
        .await
        .expect("a ZIP code that exists has a centre");
    let miles = place.location.miles_to(centre);
    assert!(
        miles <= LARGEST_ZIP_CODE,
        "a home lies in its ZIP code; {miles:.0} miles from the centre is somewhere else, perhaps with latitude and \
         longitude exchanged"
    );
    let again = geocoder
        .locate(&ask.known, &Allowance::unlimited())
        .await
        .expect("a home that the geocoder knows is found");
    assert_eq!(place, again, "the same question about a home gets the same answer");
    let again = geocoder
        .zip_centre(ask.known.zip_code, &Allowance::unlimited())
        .await
        .expect("a ZIP code that exists has a centre");
    assert_eq!(centre, again, "the same question about a ZIP code gets the same answer");
    is_not_found("a home that nobody knows", geocoder.locate(&ask.unknown, &Allowance::unlimited()).await);
    is_not_found(
        "a ZIP code that does not exist",
        geocoder.zip_centre(ask.unknown_zip, &Allowance::unlimited()).await,
    );
}
