//! The mortgage rate from FRED.

use std::{sync::Arc, time::Duration};

use dripr_adapters::{
    fred::Fred,
    http::HttpOptions,
    layers::{Cache, Layered},
};

use super::{Asking, Providers};
use crate::{
    config::{keyed_api::KeyedApi, sources::Rates},
    failure::Failure,
};

/// A day's rate is the same for every ZIP code.
const KEPT: Duration = Duration::from_secs(12 * 3600);
/// Days whose rate is kept.
const MOST_DAYS: usize = 16;

pub(super) fn add(all: &mut Providers, config: &KeyedApi, asking: &Asking<'_>) -> Result<(), Failure> {
    let options =
        HttpOptions { base_url: config.url.clone(), timeout: asking.timeout, ..HttpOptions::default() };
    let fred = Arc::new(Fred::new(config.key.clone(), &options)?);
    let cache = Cache::new(asking.clock.clone(), KEPT, MOST_DAYS);
    let layers = (cache, asking.around("FRED", "fred", config.pace));
    all.rates.push((Rates::Fred, Arc::new(Layered::new(fred.clone(), layers))));
    all.probes.push(("FRED", fred));
    Ok(())
}
