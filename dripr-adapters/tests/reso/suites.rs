//! The contracts of the ports, and everything that goes wrong.

use dripr_adapters::reso::{Enumerations, ResoOptions, ResoWebApi};
use dripr_core::{
    content::GeoPoint,
    errors::Fault,
    ports::{Allowance, MarketSource, PropertySource, Subject},
    testkit::contract,
};
use serde_json::{Value, json};

use crate::{
    allowances, centre_of_78734, clock, day,
    loopback::{Loopback, Reply, faults},
    mls::{self, for_sale, sold},
    options, reso, subject, zip,
};

/// A year of an MLS.
fn records() -> Vec<Value> {
    let place = |number: usize| {
        move |record: &mut Value| {
            record["Latitude"] = json!(30.38 + (number % 9) as f64 / 200.0);
            record["Longitude"] = json!(-97.95 + (number % 7) as f64 / 200.0);
            record["LivingArea"] = json!(1_500 + number * 10);
        }
    };
    let first = day("2025-04-01");
    let mut records: Vec<Value> = (1..=60)
        .map(|number| {
            let on = (first + chrono::Days::new(number as u64 * 6)).to_string();
            sold(number, 300_000 + 2_500 * number as u64, &on, place(number))
        })
        .collect();
    records.extend((61..=80).map(|number| {
        let on = (first + chrono::Days::new(number as u64 * 4)).to_string();
        for_sale(number, 450_000, &on, place(number))
    }));
    records
}

#[tokio::test]
async fn it_keeps_the_contracts_of_a_property_source_and_of_a_market_source() {
    let loopback = mls::with(records(), 25).await;
    let by_zip = reso(faults::options(&loopback));
    let by_distance = by_zip.clone().measuring_from(centre_of_78734());
    let here = GeoPoint::new(30.39, -97.94).ok();
    for reso in [&by_zip, &by_distance] {
        for (street, area, location) in [
            ("500 Crazyhorse Pass", Some(1_800), here),
            ("500 Crazyhorse Pass", Some(1_800), None),
            ("500 Crazyhorse Pass", Some(9_000), here),
            ("7 Crazyhorse Pass", None, None),
            ("Nowhere", None, None),
        ] {
            let known = Subject { location, ..subject(street, area) };
            let ask = contract::PropertyQuestions { known, unknown: None, as_of: day("2026-03-12") };
            contract::property_source(reso, &ask).await;
        }
        contract::market_source(reso, zip("78734"), Some(zip("10001")), day("2026-03-12")).await;
    }
}

#[tokio::test]
async fn it_keeps_them_in_the_other_dialect() {
    let loopback = mls::with(records(), 25).await;
    let dialect = Enumerations::reso_types();
    let options = ResoOptions { enumerations: dialect, ..options(faults::options(&loopback)) };
    let reso = ResoWebApi::new(options, clock("2026-03-12")).unwrap();
    let known = subject("500 Crazyhorse Pass", Some(1_800));
    let ask = contract::PropertyQuestions { known, unknown: None, as_of: day("2026-03-12") };
    contract::property_source(&reso, &ask).await;
    contract::market_source(&reso, zip("78734"), Some(zip("10001")), day("2026-03-12")).await;
}

#[tokio::test]
async fn whatever_goes_wrong_is_sorted() {
    let (zip, today, unlimited) = (zip("78734"), day("2026-03-12"), Allowance::unlimited());
    let home = subject("500 Crazyhorse Pass", Some(1_800));
    faults::all("a home", &[], async |options| {
        reso(options).property(&home, today, &unlimited).await.map(drop)
    })
    .await;
    faults::all("listings", &[], async |options| {
        reso(options).active_listings(zip, today, 5, &unlimited).await.map(drop)
    })
    .await;
    faults::all("sales", &[], async |options| {
        reso(options).recent_sales(zip, today, 5, &unlimited).await.map(drop)
    })
    .await;
    faults::all("a market", &[], async |options| {
        reso(options).statistics(zip, today, &unlimited).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn what_is_not_allowed_is_not_asked() {
    let loopback = Loopback::giving([Reply::ok(r#"{"value":[]}"#)]).await;
    let reso = reso(faults::options(&loopback));
    let (zip, today, none) = (zip("78734"), day("2026-03-12"), allowances::none());
    let home = subject("500 Crazyhorse Pass", Some(1_800));
    let faults = [
        reso.property(&home, today, &none).await.unwrap_err().fault(),
        reso.active_listings(zip, today, 5, &none).await.unwrap_err().fault(),
        reso.recent_sales(zip, today, 5, &none).await.unwrap_err().fault(),
        reso.statistics(zip, today, &none).await.unwrap_err().fault(),
    ];
    assert_eq!(faults, [Fault::NotAllowed; 4]);
    assert!(loopback.asked().is_empty());
}
