//! Our own estimate from closed sales.

use dripr_core::{
    content::{Confidence, GeoPoint, Property, ValueRange},
    ports::{Allowance, PropertySource, Subject},
};
use serde_json::{Value, json};

use crate::{
    day,
    loopback::{Loopback, faults},
    mls::{self, sold},
    reso, subject,
};

async fn property(loopback: &Loopback, subject: &Subject) -> Property {
    let reso = reso(faults::options(loopback));
    reso.property(subject, day("2026-03-12"), &Allowance::unlimited()).await.unwrap()
}

/// So many sales, a day apart and all of one size, at $240, $242, … a square foot.
fn sales(number: usize) -> Vec<Value> {
    let sale = |n: usize| sold(n, 480_000 + 4_000 * n as u64, &format!("2026-02-{n:02}"), |_| {});
    (1..=number).map(sale).collect()
}

/// Why there is no value.
async fn no_value(records: Vec<Value>, subject: &Subject) -> String {
    let property = property(&mls::with(records, 100).await, subject).await;
    assert_eq!(property.valuation, None);
    property.no_value_because.unwrap()
}

fn here() -> Option<GeoPoint> {
    GeoPoint::new(30.377405, -97.928841).ok()
}

#[tokio::test]
async fn a_home_is_worth_what_homes_like_it_sold_for() {
    let loopback = mls::with(sales(5), 100).await;
    let asked = subject("100 Crazyhorse Pass", Some(1_900));
    let property = property(&loopback, &asked).await;
    let valuation = property.valuation.unwrap();
    // The middle of $242, $244, $246, $248 and $250 a square foot, times 1,900.
    assert_eq!(valuation.value, 467_400);
    assert_eq!(valuation.range, Some(ValueRange { low: 444_000, high: 490_800 }));
    assert_eq!(valuation.confidence, Some(Confidence::Low));
    assert_eq!(
        (valuation.source.as_str(), valuation.as_of),
        ("Estimate from sales in Example MLS", day("2026-03-12"))
    );
    assert_eq!(valuation.comparables.len(), 5);
    assert_eq!(valuation.comparables[0].sold_on, day("2026-02-05"), "the freshest weighs most");
    let all: f64 = valuation.comparables.iter().map(|sale| sale.weight).sum();
    assert!((all - 1.0).abs() < 1e-9, "{all}");
    assert_eq!((property.no_value_because, property.location), (None, None));
    assert_eq!(property.formatted_address, "100 Crazyhorse Pass, Austin, TX 78734");
    // The home's own records, then the sales.
    let [own, closed] = loopback.asked().try_into().unwrap();
    let own_filter = "PropertyType eq 'Residential' and PostalCode eq '78734' and StreetNumber eq '100'";
    assert_eq!(own.query("$filter"), Some(own_filter));
    let filter = "PropertyType eq 'Residential' and StandardStatus eq 'Closed' and PostalCode eq '78734' and \
         CloseDate ge 2025-03-12 and CloseDate lt 2026-03-12 and ClosePrice gt 0 and \
         ((LivingArea ge 1425 and LivingArea le 2527) or (LivingArea ge 132 and LivingArea le 235))";
    assert_eq!(closed.query("$filter"), Some(filter));
}

#[tokio::test]
async fn many_near_and_alike_are_surer() {
    let confidence = async |number: usize, location| {
        let asked = Subject { location, ..subject("100 Crazyhorse Pass", Some(2_000)) };
        let property = property(&mls::with(sales(number), 7).await, &asked).await;
        let valuation = property.valuation.unwrap();
        (valuation.confidence.unwrap(), valuation.comparables.len(), valuation.comparables[0].miles)
    };
    assert_eq!(confidence(28, here()).await, (Confidence::High, 20, Some(0.0)));
    assert_eq!(confidence(28, None).await, (Confidence::Medium, 20, None));
    assert_eq!(confidence(8, here()).await, (Confidence::Medium, 8, Some(0.0)));
    assert_eq!(confidence(7, here()).await, (Confidence::Low, 7, Some(0.0)));
}

#[tokio::test]
async fn one_that_is_far_off_changes_little() {
    let mut records = sales(9);
    records.push(sold(10, 900_000_000, "2026-03-11", |_| {}));
    let asked = subject("100 Crazyhorse Pass", Some(2_000));
    let valuation = property(&mls::with(records, 100).await, &asked).await.valuation.unwrap();
    assert!((480_000..520_000).contains(&valuation.value), "{}", valuation.value);
    assert_eq!(valuation.confidence, Some(Confidence::Low), "the range tells of it");
}

#[tokio::test]
async fn too_few_are_no_estimate_and_it_says_so() {
    let asked = subject("100 Crazyhorse Pass", Some(2_000));
    let nearby = "sold nearby in the last 12 months";
    assert_eq!(no_value(sales(4), &asked).await, format!("only 4 homes like this one were {nearby}"));
    assert_eq!(no_value(sales(1), &asked).await, format!("only one home like this one was {nearby}"));
    assert_eq!(no_value(vec![], &asked).await, format!("no home like this one was {nearby}"));
    let unlike: [fn(&mut Value); 12] = [
        |record| record["LivingArea"] = json!(1_499),
        |record| record["LivingArea"] = json!(2_661),
        |record| record["LivingArea"] = json!(null),
        |record| record["LivingAreaUnits"] = json!("Square Meters"),
        |record| record["BedroomsTotal"] = json!(5),
        |record| record["ClosePrice"] = json!(1),
        |record| record["Longitude"] = json!(-97.88),
        |record| record["Longitude"] = json!(null),
        |record| record["PropertyType"] = json!("Land"),
        |record| record["InternetEntireListingDisplayYN"] = json!(false),
        |record| record["InternetAutomatedValuationDisplayYN"] = json!(false),
        // The same sale again.
        |record| record["ListingKey"] = json!("key-1"),
    ];
    for (case, change) in unlike.into_iter().enumerate() {
        let mut asked = Subject { location: here(), ..asked.clone() };
        asked.home.facts.bedrooms = Some(3.0);
        let mut records = sales(4);
        records.push(sold(5, 500_000, "2026-02-05", change));
        let why = no_value(records, &asked).await;
        assert!(why.starts_with("only 4 homes"), "{case}: {why}");
    }
}

#[tokio::test]
async fn what_the_mls_has_of_the_home_fills_up_what_is_known() {
    let mut records = sales(6);
    records.push(sold(100, 300_000, "2020-05-05", |record| {
        record["LivingArea"] = json!(2_100);
        record["YearBuilt"] = json!(1995);
        record["ListingContractDate"] = json!("2020-01-01");
    }));
    let found = property(&mls::with(records.clone(), 100).await, &subject("100 Crazyhorse Pass", None)).await;
    assert_eq!((found.facts.living_area_sqft, found.facts.year_built), (Some(2_100), Some(1995)));
    assert_eq!(found.location, here());
    assert!(found.valuation.is_some());
    // What the agent's data has counts for more.
    let found =
        property(&mls::with(records.clone(), 100).await, &subject("100 Crazyhorse Pass", Some(1_900))).await;
    assert_eq!(found.facts.living_area_sqft, Some(1_900));
    // Another unit is another home; a later record was not known on the day; one that may not be shown is not.
    let unknown = "the living area of the home is not known";
    assert_eq!(no_value(records.clone(), &subject("100 Crazyhorse Pass #2", None)).await, unknown);
    let own = records.len() - 1;
    let mut later = records.clone();
    later[own]["ListingContractDate"] = json!("2026-03-13");
    assert_eq!(no_value(later, &subject("100 Crazyhorse Pass", None)).await, unknown);
    let mut hidden = records;
    hidden[own]["InternetEntireListingDisplayYN"] = json!(false);
    assert_eq!(no_value(hidden, &subject("100 Crazyhorse Pass", None)).await, unknown);
}

#[tokio::test]
async fn a_home_whose_owner_wants_no_estimate_gets_none() {
    let mut records = sales(6);
    records.push(sold(100, 300_000, "2020-05-05", |record| {
        record["ListingContractDate"] = json!("2020-01-01");
        record["InternetAutomatedValuationDisplayYN"] = json!(false);
    }));
    let loopback = mls::with(records, 100).await;
    let found = property(&loopback, &subject("100 Crazyhorse Pass", Some(2_000))).await;
    assert_eq!(found.valuation, None);
    let why = "the MLS does not allow an estimate of this home to be shown";
    assert_eq!(found.no_value_because.as_deref(), Some(why));
    assert_eq!(loopback.asked().len(), 1, "nothing more is asked for");
}

#[tokio::test]
async fn quotes_of_an_address_stay_in_it() {
    let loopback = mls::with(Vec::new(), 100).await;
    let found = property(&loopback, &subject("1'or'1'eq'1 Elm St", None)).await;
    assert!(found.valuation.is_none());
    let asked = loopback.asked();
    assert!(asked[0].query("$filter").unwrap().ends_with("StreetNumber eq '1''or''1''eq''1'"));
    // A street without a number is looked up nowhere.
    let loopback = mls::with(Vec::new(), 100).await;
    property(&loopback, &subject("Elm St", None)).await;
    assert!(loopback.asked().is_empty());
}
