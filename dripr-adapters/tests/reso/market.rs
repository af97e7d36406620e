//! What a ZIP code's market looks like.

use dripr_core::{
    content::{FiguresOf, MarketStatistics},
    errors::{Fault, PortResult},
    ports::{Allowance, MarketSource},
};
use serde_json::{Value, json};

use crate::{
    allowances, day,
    loopback::{Loopback, Reply, faults},
    mls::{self, for_sale, sold},
    reso, sample, zip,
};

async fn market(loopback: &Loopback, as_of: &str) -> PortResult<MarketStatistics> {
    reso(faults::options(loopback)).statistics(zip("78734"), day(as_of), &Allowance::unlimited()).await
}

fn records() -> Vec<Value> {
    let mut records: Vec<Value> = [(1, 300_000), (2, 500_000), (3, 400_000), (4, 900_000)]
        .into_iter()
        .map(|(number, price)| sold(number, price, &format!("2026-02-{number:02}"), |_| {}))
        .collect();
    records.push(sold(5, 100_000, "2025-12-11", |_| {}));
    records.push(sold(6, 100_000, "2026-03-12", |_| {}));
    records.extend((7..=9).map(|number| for_sale(number, 600_000, "2026-03-01", |_| {})));
    records
}

#[tokio::test]
async fn figures_are_of_the_ninety_days_before() {
    let loopback = mls::with(records(), 3).await;
    let given = market(&loopback, "2026-03-12").await.unwrap();
    let expected = MarketStatistics {
        zip_code: zip("78734"),
        as_of: day("2026-03-12"),
        period_days: 90,
        figures_of: FiguresOf::Sold,
        sales: Some(4),
        median_price: Some(450_000),
        median_price_per_sqft: Some(225),
        median_days_on_market: Some(13),
        new_listings: None,
        active_listings: Some(3),
        trend: None,
        source: "Example MLS".to_owned(),
    };
    assert_eq!(given, expected);
    let [first, _, active] = loopback.asked().try_into().unwrap();
    let filter = "PropertyType eq 'Residential' and StandardStatus eq 'Closed' and PostalCode eq '78734' and \
         CloseDate ge 2025-12-12 and CloseDate lt 2026-03-12";
    assert_eq!((first.query("$filter"), first.query("$count")), (Some(filter), Some("true")));
    assert_eq!((active.query("$top"), active.query("$count")), (Some("1"), Some("true")));
}

#[tokio::test]
async fn how_many_are_for_sale_is_known_of_today_only() {
    let loopback = mls::with(records(), 100).await;
    let given = market(&loopback, "2026-03-10").await.unwrap();
    assert_eq!((given.active_listings, loopback.asked().len()), (None, 1));
    // It is a day later in other zones.
    assert_eq!(market(&loopback, "2026-03-11").await.unwrap().active_listings, Some(3));
}

#[tokio::test]
async fn few_sales_have_no_median_and_no_homes_no_market() {
    let mut records = records();
    records.drain(..2);
    let given = market(&mls::with(records.clone(), 100).await, "2026-03-12").await.unwrap();
    assert_eq!((given.sales, given.median_price, given.active_listings), (Some(2), None, Some(3)));
    records.drain(..2);
    let given = market(&mls::with(records, 100).await, "2026-03-12").await.unwrap();
    assert_eq!((given.sales, given.median_price, given.active_listings), (Some(0), None, Some(3)));
    let error = market(&mls::with(Vec::new(), 100).await, "2026-03-12").await.unwrap_err();
    assert_eq!(error.fault(), Fault::NotFound);
    // Another ZIP code's answer is no answer.
    let other = sold(1, 500_000, "2026-02-01", |record| record["PostalCode"] = json!("78735"));
    let loopback = Loopback::giving([Reply::ok(json!({"value": [other]}).to_string())]).await;
    assert_eq!(market(&loopback, "2026-03-12").await.unwrap_err().fault(), Fault::NotFound);
}

#[tokio::test]
async fn a_sale_without_a_price_counts_as_a_sale() {
    let records = (1..=3).map(|number| {
        sold(number, 500_000, "2026-02-01", |record| {
            record["ClosePrice"] = json!(null);
            record["DaysOnMarket"] = json!(-4);
        })
    });
    let given = market(&mls::with(records.collect(), 100).await, "2026-03-12").await.unwrap();
    assert_eq!((given.sales, given.median_price, given.median_days_on_market), (Some(3), None, None));
}

#[tokio::test]
async fn the_count_of_the_specification_is_read() {
    let loopback =
        Loopback::giving([Reply::ok(r#"{"value":[]}"#), Reply::ok(sample!("spec.count-page"))]).await;
    let given = market(&loopback, "2026-03-12").await.unwrap();
    assert_eq!((given.sales, given.active_listings), (Some(0), Some(2)));
}

#[tokio::test]
async fn of_more_than_is_read_the_count_is_told() {
    let records = (1..=28).map(|number| sold(number, 500_000, &format!("2026-02-{number:02}"), |_| {}));
    let loopback = mls::with(records.collect(), 1).await;
    let given = market(&loopback, "2026-03-12").await.unwrap();
    assert_eq!((given.sales, given.median_price), (Some(28), Some(500_000)));
    assert_eq!(loopback.asked().len(), 11, "ten pages and the count of homes for sale");
}

#[tokio::test]
async fn what_is_not_allowed_is_not_asked() {
    let loopback = mls::with(records(), 100).await;
    let reso = reso(faults::options(&loopback));
    let error = reso.statistics(zip("78734"), day("2026-03-12"), &allowances::none()).await.unwrap_err();
    assert_eq!((error.fault(), loopback.asked().len()), (Fault::NotAllowed, 0));
}
