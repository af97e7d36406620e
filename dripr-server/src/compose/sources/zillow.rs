//! Zillow, by the one service and else by the other.

use std::sync::Arc;

use dripr_adapters::{
    http::HttpOptions,
    layers::{Fallback, Layered},
    local_data::zip_centres::ZipCentres,
    zillow::{ZillowOptions, ZillowV1, ZillowV2},
};
use dripr_core::ports::PropertySource;

use super::{Asking, Providers};
use crate::{
    config::{
        sources::Homes,
        zillow::{Version, Zillow},
    },
    failure::Failure,
};

/// What the limit is called wherever it is counted; both services share it.
const API: &str = "zillow";

pub(super) fn add(all: &mut Providers, config: &Zillow, asking: &Asking<'_>) -> Result<(), Failure> {
    let options = |url: &Option<String>| {
        let http = HttpOptions { base_url: url.clone(), timeout: asking.timeout, ..HttpOptions::default() };
        ZillowOptions { http, ..ZillowOptions::default() }
    };
    let centres = Arc::new(ZipCentres);
    let v1 = ZillowV1::new(&config.key, asking.clock.clone(), &options(&config.v1_url))?;
    let v2 = ZillowV2::new(&config.key, asking.clock.clone(), &options(&config.v2_url))?;
    let v1 = Arc::new(v1.measuring_from(centres.clone()));
    let v2 = Arc::new(v2.measuring_from(centres));
    all.probes.push(("Zillow V1", v1.clone()));
    all.probes.push(("Zillow V2", v2.clone()));
    let limiter = asking.limiter(API, config.pace);
    let around = |provider| asking.at_the_pace_of(provider, API, &limiter);
    let v1: Arc<dyn PropertySource> = Arc::new(Layered::new(v1, around("Zillow V1")));
    let v2: Arc<dyn PropertySource> = Arc::new(Layered::new(v2, around("Zillow V2")));
    let in_order = match config.primary {
        Version::V1 => [v1, v2],
        Version::V2 => [v2, v1],
    };
    all.homes.push((Homes::Zillow, Arc::new(Fallback::new(in_order))));
    Ok(())
}
