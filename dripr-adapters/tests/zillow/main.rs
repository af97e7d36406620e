//! Zillow by either of its two services, asked on this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../allowances/mod.rs"]
mod allowances;
#[path = "../loopback/mod.rs"]
mod loopback;

mod gateway;
mod hostile;
mod interchangeable;
mod lists;
mod property;
mod questions;
mod services;
mod suites;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_adapters::{
    http::HttpOptions,
    zillow::{ZillowOptions, ZillowV1, ZillowV2},
};
use dripr_core::{
    contact::Home,
    content::{GeoPoint, HomeFacts, ZipCode},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Geocoder, Place, Probe, PropertySource, Subject},
    testkit::ManualClock,
};
use loopback::faults;

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../data/providers/", $name, ".json"))
    };
}
pub(crate) use sample;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn zip(text: &str) -> ZipCode {
    text.parse().unwrap()
}

/// Which of the two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    V1,
    V2,
}

const BOTH: [Service; 2] = [Service::V1, Service::V2];

/// What both can do.
trait Source: PropertySource + Probe + Debug {}

impl<T: PropertySource + Probe + Debug> Source for T {}

impl Service {
    /// The field in which lists stand.
    fn list(self) -> &'static str {
        match self {
            Self::V1 => "props",
            Self::V2 => "results",
        }
    }

    fn with(self, options: &ZillowOptions, now: &str, centres: Option<Arc<dyn Geocoder>>) -> Box<dyn Source> {
        let clock = Arc::new(ManualClock::at(now.parse().unwrap()));
        match self {
            Self::V1 => {
                let zillow = ZillowV1::new(&faults::key(), clock, options).unwrap();
                match centres {
                    Some(centres) => Box::new(zillow.measuring_from(centres)),
                    None => Box::new(zillow),
                }
            }
            Self::V2 => {
                let zillow = ZillowV2::new(&faults::key(), clock, options).unwrap();
                match centres {
                    Some(centres) => Box::new(zillow.measuring_from(centres)),
                    None => Box::new(zillow),
                }
            }
        }
    }

    /// At noon of a day, by ZIP code.
    fn on(self, today: &str, http: HttpOptions) -> Box<dyn Source> {
        self.with(&ZillowOptions { http, ..ZillowOptions::default() }, &format!("{today}T12:00:00Z"), None)
    }

    /// At noon of a day, around a point.
    fn around(self, today: &str, http: HttpOptions, centre: Centre) -> Box<dyn Source> {
        let options = ZillowOptions { http, ..ZillowOptions::default() };
        self.with(&options, &format!("{today}T12:00:00Z"), Some(Arc::new(centre)))
    }
}

/// A map of one ZIP code.
struct Centre(&'static str, GeoPoint);

fn centre_of_78041() -> Centre {
    Centre("78041", GeoPoint::new(27.57, -99.46).unwrap())
}

#[async_trait]
impl Geocoder for Centre {
    async fn locate(&self, _: &Home, _: &Allowance) -> PortResult<Place> {
        Err(PortError::new(Fault::NotFound, "no homes here"))
    }

    async fn zip_centre(&self, asked: ZipCode, _: &Allowance) -> PortResult<GeoPoint> {
        let unknown = || PortError::new(Fault::NotFound, "another ZIP code");
        (asked == zip(self.0)).then_some(self.1).ok_or_else(unknown)
    }
}

/// A home in Laredo, of which nothing else is known.
fn subject(street: &str) -> Subject {
    let home = Home {
        street: street.to_owned(),
        city: "Laredo".to_owned(),
        state: "TX".to_owned(),
        zip_code: zip("78041"),
        location: None,
        facts: HomeFacts::default(),
    };
    Subject { home, location: None, formatted_address: None }
}
