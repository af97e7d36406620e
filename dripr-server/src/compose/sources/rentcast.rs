//! Homes and markets from RentCast.

use std::sync::Arc;

use dripr_adapters::{
    http::HttpOptions,
    layers::Layered,
    local_data::zip_centres::ZipCentres,
    rentcast::{RentCast, RentCastOptions},
};

use super::{Asking, Providers};
use crate::{
    config::{
        keyed_api::KeyedApi,
        sources::{Homes, Markets},
    },
    failure::Failure,
};

pub(super) fn add(all: &mut Providers, config: &KeyedApi, asking: &Asking<'_>) -> Result<(), Failure> {
    let http =
        HttpOptions { base_url: config.url.clone(), timeout: asking.timeout, ..HttpOptions::default() };
    let options = RentCastOptions { http, ..RentCastOptions::default() };
    let rentcast = RentCast::new(&config.key, asking.clock.clone(), &options)?;
    let rentcast = Arc::new(rentcast.measuring_from(Arc::new(ZipCentres)));
    let layers = asking.around("RentCast", "rentcast", config.pace);
    let layered = Arc::new(Layered::new(rentcast.clone(), layers));
    all.homes.push((Homes::RentCast, layered.clone()));
    all.markets.push((Markets::RentCast, layered));
    all.probes.push(("RentCast", rentcast));
    Ok(())
}
