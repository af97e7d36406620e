//! Places from the Google Geocoding API (the web service of version 3, JSON).
//!
//! Rules and shapes are those of Google's own OpenAPI description
//! (<https://github.com/googlemaps/openapi-specification>) and of its page "Geocoding API Usage and Billing":
//!
//! - A home is asked for by street, city and state as `address`, and restricted by `components` to its ZIP code and to
//!   the United States; nothing is given in both. A ZIP code's centre is asked for by `components` alone.
//! - HTTP says 200 to nearly everything; what became of a question stands in `status`:
//!
//! | `status` | the answer |
//! |---|---|
//! | `OK` | the best result, if it can be trusted |
//! | `ZERO_RESULTS` | [`Fault::NotFound`] |
//! | `OVER_QUERY_LIMIT` | [`Fault::Throttled`] |
//! | `REQUEST_DENIED`, `OVER_DAILY_LIMIT` | [`Fault::Misconfigured`]: the key, the billing, or a limit that people set |
//! | `INVALID_REQUEST` | [`Fault::Invalid`] |
//! | `UNKNOWN_ERROR` | [`Fault::Unavailable`] |
//! | anything else | [`Fault::Garbled`] |
//!
//! - A result is trusted for a home if the whole address matched (no `partial_match`), if it is in the ZIP code that was
//!   asked for, and if it is as exact as a house: `ROOFTOP`, `RANGE_INTERPOLATED`, or the `GEOMETRIC_CENTER` of premises.
//!   The middle of a street or of a town is [`Fault::NotFound`].
//! - The key travels in the address of the request, so no error and no log line holds that address, nor what Google
//!   says in `error_message`.
//!
//! Unverified: no sentence of Google's says what comes with `OVER_QUERY_LIMIT` over HTTP, so a `Retry-After` is obeyed
//! where there is one. Google's terms are said to let coordinates be kept for 30 days only; read them before keeping what
//! this gives. Google calls version 3 *legacy* and still serves it; [`HttpOptions::base_url`] leads elsewhere.
//!
//! ```no_run
//! use dripr_adapters::{google_geocoding::GoogleGeocoding, http::HttpOptions};
//! use dripr_core::ports::{Allowance, Geocoder};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let key = std::env::var("GOOGLE_GEOCODING_KEY")?.into();
//! let geocoder = GoogleGeocoding::new(key, &HttpOptions::default())?;
//! let centre = geocoder.zip_centre("98103".parse()?, &Allowance::unlimited()).await?;
//! # Ok(())
//! # }
//! ```

use async_trait::async_trait;
use dripr_core::{
    contact::Home,
    content::{GeoPoint, ZipCode},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Geocoder, Place},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::http::{Answer, HttpApi, HttpOptions, Refusal, UnusableApi, json};

const USUAL_BASE: &str = "https://maps.googleapis.com/maps/api/geocode";

/// The Google Geocoding API.
#[derive(Debug, Clone)]
pub struct GoogleGeocoding {
    api: HttpApi,
    key: SecretString,
}

impl GoogleGeocoding {
    /// With the API key of a project that has the Geocoding API switched on. Nothing is asked yet.
    ///
    /// # Errors
    /// [`UnusableApi`] if the options name no address.
    pub fn new(key: SecretString, options: &HttpOptions) -> Result<Self, UnusableApi> {
        Ok(Self { api: HttpApi::new("Google Geocoding", USUAL_BASE, options)?, key })
    }

    /// The best result for an address within a ZIP code, or for the ZIP code itself.
    async fn best(
        &self,
        address: Option<&str>,
        zip: ZipCode,
        allowance: &Allowance,
    ) -> PortResult<Option<Found>> {
        let components = format!("postal_code:{zip}|country:US");
        let mut query = Vec::from_iter(address.map(|address| ("address", address)));
        query.extend([("components", components.as_str()), ("key", self.key.expose_secret())]);
        let answer = self.api.get("json", &query, allowance).await?;
        let said: Said = answer.json(&self.api)?;
        match said.status.as_deref() {
            Some("OK") => Ok(said.results.into_iter().next()),
            Some("ZERO_RESULTS") => Ok(None),
            other => Err(self.refusal(&answer, other)),
        }
    }

    fn refusal(&self, answer: &Answer, status: Option<&str>) -> PortError {
        let (fault, why) = match status {
            Some("OVER_QUERY_LIMIT") => (Fault::Throttled, "asks for a pause (OVER_QUERY_LIMIT)"),
            Some("OVER_DAILY_LIMIT") => (
                Fault::Misconfigured,
                "says that the key, its billing or its daily cap does not allow this (OVER_DAILY_LIMIT)",
            ),
            Some("REQUEST_DENIED") => (Fault::Misconfigured, "refuses the key (REQUEST_DENIED)"),
            Some("INVALID_REQUEST") => (Fault::Invalid, "says that the question is wrong (INVALID_REQUEST)"),
            Some("UNKNOWN_ERROR") => (Fault::Unavailable, "broke down (UNKNOWN_ERROR)"),
            _ => (Fault::Garbled, "answered with a status that it does not have"),
        };
        Refusal::of(answer).as_error(fault, format!("{} {why}", self.api.provider()))
    }
}

#[async_trait]
impl Geocoder for GoogleGeocoding {
    async fn locate(&self, home: &Home, allowance: &Allowance) -> PortResult<Place> {
        let parts = [home.street.as_str(), home.city.as_str(), home.state.as_str()];
        let parts: Vec<&str> = parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
        let unknown = |why: &str| PortError::new(Fault::NotFound, format!("Google Geocoding {why}"));
        if home.street.trim().is_empty() {
            return Err(unknown("cannot be asked for a home without a street"));
        }
        let found = self.best(Some(&parts.join(", ")), home.zip_code, allowance).await?;
        let found = found.ok_or_else(|| unknown("does not know the address"))?;
        if found.partial_match.unwrap_or_default() || !found.is_a_house() {
            return Err(unknown("knows the address only in part"));
        }
        if !found.lies_in(home.zip_code) {
            return Err(unknown("knows the address in another ZIP code only"));
        }
        let location = found.point(self.api.provider())?;
        let formatted_address = found.formatted_address.unwrap_or_else(|| home.one_line());
        Ok(Place { location, formatted_address })
    }

    async fn zip_centre(&self, zip: ZipCode, allowance: &Allowance) -> PortResult<GeoPoint> {
        let found = self.best(None, zip, allowance).await?;
        let found = found.filter(|found| found.is("postal_code") && found.lies_in(zip));
        let Some(found) = found else {
            let message = format!("Google Geocoding does not know the ZIP code {zip}");
            return Err(PortError::new(Fault::NotFound, message));
        };
        found.point(self.api.provider())
    }
}

/// An answer.
#[derive(Deserialize)]
struct Said {
    #[serde(default, deserialize_with = "json::text")]
    status: Option<String>,
    #[serde(default)]
    results: Vec<Found>,
}

/// A result.
#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    address_components: Vec<Component>,
    #[serde(default, deserialize_with = "json::line")]
    formatted_address: Option<String>,
    #[serde(default)]
    geometry: Geometry,
    #[serde(default, deserialize_with = "json::flag")]
    partial_match: Option<bool>,
    #[serde(default)]
    types: Vec<String>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default, deserialize_with = "json::text")]
    short_name: Option<String>,
    #[serde(default)]
    types: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Geometry {
    location: Location,
    #[serde(deserialize_with = "json::text")]
    location_type: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Location {
    #[serde(deserialize_with = "json::number")]
    lat: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    lng: Option<f64>,
}

impl Found {
    fn is(&self, kind: &str) -> bool {
        self.types.iter().any(|known| known == kind)
    }

    fn is_a_house(&self) -> bool {
        match self.geometry.location_type.as_deref() {
            Some("ROOFTOP" | "RANGE_INTERPOLATED") => true,
            Some("GEOMETRIC_CENTER") => {
                ["premise", "subpremise", "street_address"].into_iter().any(|kind| self.is(kind))
            }
            _ => false,
        }
    }

    /// The short name of a kind of component.
    fn component(&self, kind: &str) -> Option<&str> {
        let of_kind = |component: &&Component| component.types.iter().any(|known| known == kind);
        self.address_components.iter().find(of_kind)?.short_name.as_deref()
    }

    fn lies_in(&self, zip: ZipCode) -> bool {
        self.component("postal_code").and_then(|code| code.parse().ok()) == Some(zip)
            && self.component("country").is_none_or(|country| country == "US")
    }

    fn point(&self, provider: &str) -> PortResult<GeoPoint> {
        let Location { lat, lng } = self.geometry.location;
        let point = lat.zip(lng).and_then(|(lat, lng)| GeoPoint::new(lat, lng).ok());
        point.ok_or_else(|| {
            PortError::new(Fault::Garbled, format!("{provider} gave a place that is nowhere on Earth"))
        })
    }
}
