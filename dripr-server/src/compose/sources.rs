//! Who is asked for homes, listings, sales, markets, rates and places.
//!
//! Each provider that is asked for anything is made once, so that all who ask it share its pace and its breaker. Another
//! provider is one more file here, an arm of one `match`, and its variants in [`config`](crate::config).

#[cfg_attr(not(feature = "providers"), allow(dead_code, reason = "there is nobody to ask"))]
mod asking;
#[cfg(feature = "fred")]
mod fred;
#[cfg(feature = "google-geocoding")]
mod google;
#[cfg(feature = "reso")]
mod mls;
#[cfg(feature = "rentcast")]
mod rentcast;
#[cfg(feature = "zillow")]
mod zillow;

use std::sync::Arc;

use dripr_adapters::{
    layers::{Divided, Fallback, Metrics},
    local_data::{ListingsFrom, LocalData, LocalDataConfig, RatesFrom},
};
use dripr_core::ports::{Clock, Geocoder, MarketSource, MortgageRateSource, Probe, PropertySource};

use self::asking::Asking;
#[cfg(any(feature = "bedrock", feature = "openai-writer"))]
pub(super) use self::asking::{FAILURES, LEFT_ALONE};

use super::{checkup::Asked, limiters::Limiters};
use crate::{
    config::{
        Config,
        data::Data,
        providers::Provider,
        sources::{Homes, Markets, Places, Rates},
    },
    failure::Failure,
};

/// Where facts come from.
#[derive(Clone)]
pub struct Sources {
    /// Homes, listings and sales.
    pub properties: Arc<dyn PropertySource>,
    /// Figures of the market.
    pub markets: Arc<dyn MarketSource>,
    /// The mortgage rate.
    pub rates: Arc<dyn MortgageRateSource>,
    /// Where homes lie, if anybody knows.
    pub places: Option<Arc<dyn Geocoder>>,
}

impl Sources {
    /// All of it from files.
    #[must_use]
    pub fn of_files(files: Arc<LocalData>) -> Self {
        Self { properties: files.clone(), markets: files.clone(), rates: files.clone(), places: Some(files) }
    }
}

/// The sources of a configuration.
///
/// # Errors
/// A data file cannot be used, or a provider cannot be asked.
pub fn sources(
    config: &Config,
    limiters: &Limiters,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> Result<Sources, Failure> {
    let known = Providers::of(config, limiters, clock, metrics)?;
    let chosen = &config.sources;
    let homes = |whom: &[Homes]| -> Arc<dyn PropertySource> { in_order(whom, &known.homes) };
    Ok(Sources {
        properties: Arc::new(Divided {
            homes: homes(&chosen.homes),
            listings: homes(&chosen.listings),
            sales: homes(&chosen.sales),
        }),
        markets: in_order(&chosen.markets, &known.markets),
        rates: in_order(&chosen.rates, &known.rates),
        places: match &chosen.places[..] {
            [] => None,
            places => Some(in_order(places, &known.places)),
        },
    })
}

/// Whom one can ask whether they would work, or why they cannot be asked at all.
pub(super) fn probes(config: &Config, clock: &Arc<dyn Clock>) -> Vec<(&'static str, Asked)> {
    let metrics = Metrics::default();
    let asking = Asking::of(config, &Limiters::of_process(), clock, &metrics);
    let mut all = Vec::new();
    for provider in &config.providers {
        let mut alone = Providers::default();
        match alone.add(provider, &asking) {
            Ok(()) => all.extend(alone.probes.into_iter().map(|(name, probe)| (name, Ok(probe)))),
            Err(failure) => all.push((provider.name(), Err(failure))),
        }
    }
    all
}

/// Opens the data files of a configuration.
///
/// # Errors
/// As [`local_data`].
pub(super) fn data_files(config: &Config) -> Result<LocalData, Failure> {
    local_data(&files(&config.data))
}

/// Opens the data files.
///
/// # Errors
/// One is missing, cannot be read, or lacks a column that it needs.
pub fn local_data(files: &LocalDataConfig) -> Result<LocalData, Failure> {
    LocalData::open(files).map_err(|error| Failure::new(format!("cannot use the data file {error}")))
}

fn files(data: &Data) -> LocalDataConfig {
    LocalDataConfig {
        sales: data.sales.clone(),
        sales_source: data.sales_source.clone(),
        listings: match &data.listings {
            Some(path) => ListingsFrom::File {
                path: path.clone(),
                source: data.listings_source.clone(),
                exported_on: data.listings_exported_on,
            },
            None => ListingsFrom::Nowhere,
        },
        rates: data
            .rates
            .as_ref()
            .map(|path| RatesFrom { path: path.clone(), source: data.rates_source.clone() }),
    }
}

/// Several sources as one, in the order in which they were chosen.
fn in_order<P: ?Sized, N: Copy + PartialEq>(chosen: &[N], known: &[(N, Arc<P>)]) -> Arc<Fallback<P>> {
    let named = |name: &N| known.iter().find(|(known, _)| known == name).map(|(_, source)| source.clone());
    Arc::new(Fallback::new(chosen.iter().filter_map(named)))
}

/// The providers that are asked for anything.
#[derive(Default)]
struct Providers {
    homes: Vec<(Homes, Arc<dyn PropertySource>)>,
    markets: Vec<(Markets, Arc<dyn MarketSource>)>,
    rates: Vec<(Rates, Arc<dyn MortgageRateSource>)>,
    places: Vec<(Places, Arc<dyn Geocoder>)>,
    probes: Vec<(&'static str, Arc<dyn Probe>)>,
}

impl Providers {
    fn of(
        config: &Config,
        limiters: &Limiters,
        clock: &Arc<dyn Clock>,
        metrics: &Metrics,
    ) -> Result<Self, Failure> {
        let files = Arc::new(data_files(config)?);
        let mut all = Self {
            homes: vec![(Homes::Files, files.clone())],
            markets: vec![(Markets::Files, files.clone())],
            rates: vec![(Rates::Files, files.clone())],
            places: vec![(Places::Files, files)],
            probes: Vec::new(),
        };
        let asking = Asking::of(config, limiters, clock, metrics);
        for provider in &config.providers {
            all.add(provider, &asking)?;
        }
        Ok(all)
    }

    #[cfg_attr(
        not(feature = "providers"),
        expect(unused_variables, clippy::unused_self, reason = "nobody is to be added")
    )]
    fn add(&mut self, provider: &Provider, asking: &Asking<'_>) -> Result<(), Failure> {
        match provider {
            #[cfg(feature = "zillow")]
            Provider::Zillow(options) => zillow::add(self, options, asking),
            #[cfg(feature = "rentcast")]
            Provider::RentCast(options) => rentcast::add(self, options, asking),
            #[cfg(feature = "google-geocoding")]
            Provider::Google(options) => google::add(self, options, asking),
            #[cfg(feature = "fred")]
            Provider::Fred(options) => fred::add(self, options, asking),
            #[cfg(feature = "reso")]
            Provider::Mls(options) => mls::add(self, options, asking),
            #[cfg(not(all(
                feature = "zillow",
                feature = "rentcast",
                feature = "google-geocoding",
                feature = "fred",
                feature = "reso"
            )))]
            _ => Err(Failure::new("this dripr was built without one of the providers of [sources]")),
        }
    }
}
