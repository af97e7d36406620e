//! Where homes lie, from Google.

use std::sync::Arc;

use dripr_adapters::{google_geocoding::GoogleGeocoding, http::HttpOptions, layers::Layered};

use super::{Asking, Providers};
use crate::{
    config::{keyed_api::KeyedApi, sources::Places},
    failure::Failure,
};

pub(super) fn add(all: &mut Providers, config: &KeyedApi, asking: &Asking<'_>) -> Result<(), Failure> {
    let options =
        HttpOptions { base_url: config.url.clone(), timeout: asking.timeout, ..HttpOptions::default() };
    let google = Arc::new(GoogleGeocoding::new(config.key.clone(), &options)?);
    let layers = asking.around("Google Geocoding", "google", config.pace);
    all.places.push((Places::Google, Arc::new(Layered::new(google.clone(), layers))));
    all.probes.push(("Google Geocoding", google));
    Ok(())
}
