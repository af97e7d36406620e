//! RentCast, asked on this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../allowances/mod.rs"]
mod allowances;
#[path = "../centres/mod.rs"]
mod centres;
#[path = "../loopback/mod.rs"]
mod loopback;

mod city;
mod estimates;
mod lists;
mod market;
mod mutations;
mod refusals;
mod suites;

use std::sync::Arc;

use centres::CentreOf;
use chrono::NaiveDate;
use dripr_adapters::{
    http::HttpOptions,
    rentcast::{RentCast, RentCastOptions},
};
use dripr_core::{
    contact::Home,
    content::{GeoPoint, HomeFacts, ZipCode},
    ports::{Geocoder, Subject},
    testkit::ManualClock,
};
use loopback::{Loopback, Reply, faults};
use serde_json::{Value, json};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../data/providers/rentcast/", $name, ".json"))
    };
}
pub(crate) use sample;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn zip(text: &str) -> ZipCode {
    text.parse().unwrap()
}

/// RentCast, at noon of a day.
fn rentcast_on(today: &str, http: HttpOptions) -> RentCast {
    let clock = Arc::new(ManualClock::at(format!("{today}T12:00:00Z").parse().unwrap()));
    RentCast::new(&faults::key(), clock, &RentCastOptions { http, ..RentCastOptions::default() }).unwrap()
}

/// RentCast that gives one answer, on 12 March 2026.
async fn answering(reply: Reply) -> (Loopback, RentCast) {
    let loopback = Loopback::giving([reply]).await;
    let rentcast = rentcast_on("2026-03-12", faults::options(&loopback));
    (loopback, rentcast)
}

/// What RentCast says when it has nothing. The code is invented.
fn nothing() -> Reply {
    let message = "No data found for 5500 Grand Lake Dr";
    Reply::json(404, json!({"status": 404, "error": "resource/not-found", "message": message}).to_string())
}

fn centre_of_78723() -> Arc<dyn Geocoder> {
    Arc::new(CentreOf(zip("78723"), GeoPoint::new(30.3, -97.69).unwrap()))
}

/// A home in 78244.
fn subject(street: &str) -> Subject {
    let home = Home {
        street: street.to_owned(),
        city: "San Antonio".to_owned(),
        state: "TX".to_owned(),
        zip_code: zip("78244"),
        location: None,
        facts: HomeFacts::default(),
    };
    Subject { home, location: None, formatted_address: None }
}

/// An answer, changed.
fn changed(sample: &str, change: impl FnOnce(&mut Value)) -> Reply {
    let mut answer = serde_json::from_str(sample).unwrap();
    change(&mut answer);
    Reply::ok(answer.to_string())
}

fn query(request: &loopback::Request) -> Vec<(&str, &str)> {
    request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// What no provider should send in the place of a number.
fn nonsense() -> Vec<Value> {
    let numbers = [json!(null), json!(-1), json!(0), json!(1e12), json!(1e300), json!("NaN"), json!("")];
    let others =
        [json!("soon"), json!([]), json!([300_000]), json!({}), json!({"price": 300_000}), json!(true)];
    numbers.into_iter().chain(others).collect()
}
