//! The contracts of the ports, and everything that goes wrong.

use dripr_adapters::{
    http::{HttpOptions, UnusableApi},
    rentcast::{RentCast, RentCastOptions},
};
use dripr_core::{
    content::GeoPoint,
    errors::Fault,
    ports::{Allowance, MarketSource, Probe, PropertySource, Subject},
    testkit::{ManualClock, contract},
};

use crate::{
    allowances, centre_of_78723, city, day,
    loopback::{Loopback, Reply, faults},
    rentcast_on, subject, zip,
};

/// A home in 78723.
fn home(street: &str) -> Subject {
    let mut subject = subject(street);
    subject.home.zip_code = zip("78723");
    subject
}

#[tokio::test]
async fn it_keeps_the_contracts_of_a_property_source_and_of_a_market_source() {
    let loopback = city::of(city::year()).await;
    let by_zip = rentcast_on("2026-03-12", faults::options(&loopback));
    let by_distance = by_zip.clone().measuring_from(centre_of_78723());
    let located = Subject { location: GeoPoint::new(30.301, -97.692).ok(), ..home("7 Oak Ave") };
    for rentcast in [&by_zip, &by_distance] {
        for known in [home("7 Oak Ave"), located.clone(), home("Oak Ave"), home("")] {
            let unknown = Some(home("7 Nowhere Ave"));
            let ask = contract::PropertyQuestions { known, unknown, as_of: day("2026-03-12") };
            contract::property_source(rentcast, &ask).await;
        }
        contract::market_source(rentcast, zip("78723"), Some(zip("10001")), day("2026-03-12")).await;
    }
}

#[tokio::test]
async fn lists_of_an_earlier_day_are_of_that_day() {
    let loopback = city::of(city::year()).await;
    let rentcast = rentcast_on("2026-03-12", faults::options(&loopback)).measuring_from(centre_of_78723());
    let (zip, unlimited) = (zip("78723"), Allowance::unlimited());
    for as_of in ["2026-03-12", "2026-01-12", "2025-10-12"] {
        let sales = rentcast.recent_sales(zip, day(as_of), 5, &unlimited).await.unwrap();
        assert_eq!(sales.len(), 5);
        let age = day(as_of).signed_duration_since(sales[0].sold_on).num_days();
        assert!((1..=12).contains(&age), "{as_of}: {age}");
    }
    let now = rentcast.active_listings(zip, day("2026-03-12"), 50, &unlimited).await.unwrap();
    let then = rentcast.active_listings(zip, day("2026-01-12"), 50, &unlimited).await.unwrap();
    assert!(!then.is_empty() && then.len() < now.len(), "{} of {}", then.len(), now.len());
}

#[tokio::test]
async fn whatever_goes_wrong_is_sorted() {
    let (zip, today, unlimited) = (zip("78723"), day("2026-03-12"), Allowance::unlimited());
    let home = home("7 Oak Ave");
    let rentcast = |options| rentcast_on("2026-03-12", options);
    faults::all("a home", &[], async |options| {
        rentcast(options).property(&home, today, &unlimited).await.map(drop)
    })
    .await;
    faults::all("listings", &[], async |options| {
        rentcast(options).active_listings(zip, today, 5, &unlimited).await.map(drop)
    })
    .await;
    faults::all("sales", &[], async |options| {
        rentcast(options).recent_sales(zip, today, 5, &unlimited).await.map(drop)
    })
    .await;
    faults::all("a market", &[], async |options| {
        rentcast(options).statistics(zip, today, &unlimited).await.map(drop)
    })
    .await;
    faults::all("a probe", &[], async |options| rentcast(options).probe().await).await;
}

#[tokio::test]
async fn what_is_not_allowed_is_not_asked() {
    let loopback = Loopback::giving([Reply::ok("[]")]).await;
    let by_zip = rentcast_on("2026-03-12", faults::options(&loopback));
    let by_distance = by_zip.clone().measuring_from(centre_of_78723());
    let (zip, today, none) = (zip("78723"), day("2026-03-12"), allowances::none());
    for rentcast in [by_zip, by_distance] {
        let faults = [
            rentcast.property(&home("7 Oak Ave"), today, &none).await.unwrap_err().fault(),
            rentcast.active_listings(zip, today, 5, &none).await.unwrap_err().fault(),
            rentcast.recent_sales(zip, today, 5, &none).await.unwrap_err().fault(),
            rentcast.statistics(zip, today, &none).await.unwrap_err().fault(),
        ];
        assert_eq!(faults, [Fault::NotAllowed; 4]);
    }
    assert!(loopback.asked().is_empty());
}

#[tokio::test]
async fn each_question_costs_one_call() {
    let loopback = city::of(city::year()).await;
    let rentcast = rentcast_on("2026-03-12", faults::options(&loopback)).measuring_from(centre_of_78723());
    let (zip, today) = (zip("78723"), day("2026-03-12"));
    let (allowance, counter) = allowances::of(4);
    rentcast.property(&home("7 Oak Ave"), today, &allowance).await.unwrap();
    rentcast.active_listings(zip, today, 500, &allowance).await.unwrap();
    rentcast.recent_sales(zip, today, 500, &allowance).await.unwrap();
    rentcast.statistics(zip, today, &allowance).await.unwrap();
    assert_eq!((counter.taken(), loopback.asked().len()), (4, 4));
}

#[test]
fn nothing_secret_prints_and_what_cannot_be_used_is_named() {
    let made = |key: &str, base_url: Option<&str>| {
        let clock = std::sync::Arc::new(ManualClock::at("2026-03-12T12:00:00Z".parse().unwrap()));
        let http = HttpOptions { base_url: base_url.map(str::to_owned), ..HttpOptions::default() };
        RentCast::new(&key.into(), clock, &RentCastOptions { http, ..RentCastOptions::default() })
    };
    let printed = format!("{:?}", made(faults::KEY, None).unwrap());
    assert!(!printed.contains(faults::KEY) && printed.contains("api.rentcast.io"), "{printed}");
    assert!(matches!(made("a\nb", None), Err(UnusableApi::Key { provider: "RentCast" })));
    assert!(matches!(made("a", Some("api.rentcast.io")), Err(UnusableApi::Url { .. })));
}
