//! An MLS over the RESO Web API, asked on this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../allowances/mod.rs"]
mod allowances;
#[path = "../centres/mod.rs"]
mod centres;
#[path = "../loopback/mod.rs"]
mod loopback;

mod access;
mod estimates;
mod lists;
mod market;
mod mls;
mod probes;
mod suites;

use std::sync::Arc;

use centres::CentreOf;
use chrono::NaiveDate;
use dripr_adapters::{
    http::HttpOptions,
    reso::{Access, Enumerations, ResoOptions, ResoWebApi},
};
use dripr_core::{
    contact::Home,
    content::{GeoPoint, HomeFacts, ZipCode},
    ports::{Geocoder, Subject},
    testkit::ManualClock,
};
use loopback::faults;

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../data/providers/reso-web-api/", $name, ".json"))
    };
}
pub(crate) use sample;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn zip(text: &str) -> ZipCode {
    text.parse().unwrap()
}

/// Noon of a day.
fn clock(day: &str) -> Arc<ManualClock> {
    Arc::new(ManualClock::at(format!("{day}T12:00:00Z").parse().unwrap()))
}

fn options(http: HttpOptions) -> ResoOptions {
    ResoOptions {
        service_root: "https://mls.example.org/reso/odata".to_owned(),
        source: "Example MLS".to_owned(),
        access: Access::Token(faults::key()),
        enumerations: Enumerations::Texts,
        lacks: Vec::new(),
        http,
    }
}

/// An MLS that is let in with a token, on 12 March 2026.
fn reso(http: HttpOptions) -> ResoWebApi {
    ResoWebApi::new(options(http), clock("2026-03-12")).unwrap()
}

fn centre_of_78734() -> Arc<dyn Geocoder> {
    Arc::new(CentreOf(zip("78734"), GeoPoint::new(30.38, -97.95).unwrap()))
}

fn subject(street: &str, living_area_sqft: Option<u32>) -> Subject {
    let home = Home {
        street: street.to_owned(),
        city: "Austin".to_owned(),
        state: "TX".to_owned(),
        zip_code: zip("78734"),
        location: None,
        facts: HomeFacts { living_area_sqft, ..HomeFacts::default() },
    };
    Subject { home, location: None, formatted_address: None }
}
