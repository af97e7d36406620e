//! Homes for sale and homes sold.

use std::sync::Arc;

use async_trait::async_trait;
use dripr_adapters::rentcast::{RentCast, RentCastOptions};
use dripr_core::{
    contact::Home,
    content::{GeoPoint, HomeFacts, Listing, Sale, ZipCode},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Geocoder, Place, PropertySource},
    testkit::ManualClock,
};
use serde_json::{Value, json};

use crate::{
    answering, centre_of_78723, changed, city, day,
    loopback::{Loopback, Reply, faults},
    nonsense, nothing, query, rentcast_on, sample, zip,
};

async fn listings(zip_code: &str, reply: Reply, as_of: &str) -> Vec<Listing> {
    let (_loopback, rentcast) = answering(reply).await;
    rentcast.active_listings(zip(zip_code), day(as_of), 500, &Allowance::unlimited()).await.unwrap()
}

async fn sales(zip_code: &str, reply: Reply, as_of: &str) -> Vec<Sale> {
    let (_loopback, rentcast) = answering(reply).await;
    rentcast.recent_sales(zip(zip_code), day(as_of), 500, &Allowance::unlimited()).await.unwrap()
}

/// A listing as it is made of the sample, changed.
async fn listing(change: impl FnOnce(&mut Value)) -> Option<Listing> {
    let reply = changed(sample!("listing.standard"), |record| {
        change(record);
        *record = json!([record]);
    });
    listings("78723", reply, "2026-03-12").await.pop()
}

/// A sale as it is made of the sample, changed.
async fn sale(change: impl FnOnce(&mut Value)) -> Option<Sale> {
    let reply = changed(sample!("properties.2025"), |records| {
        records[0]["lastSaleDate"] = json!("2026-02-18T00:00:00.000Z");
        change(&mut records[0]);
    });
    sales("78244", reply, "2026-03-12").await.pop()
}

fn hargis() -> Listing {
    Listing {
        address: Some("3821 Hargis St".to_owned()),
        zip_code: zip("78723"),
        price: 899_000,
        listed_on: Some(day("2024-06-24")),
        facts: HomeFacts {
            bedrooms: Some(4.0),
            bathrooms: Some(2.5),
            living_area_sqft: Some(2_345),
            lot_sqft: Some(3_284),
            year_built: Some(2008),
            ..HomeFacts::default()
        },
        miles: None,
        link: None,
        courtesy_of: Some("Pat Example, Example Realty LLC".to_owned()),
        source: "RentCast".to_owned(),
    }
}

#[tokio::test]
async fn a_sample_of_homes_for_sale() {
    let given = listings("78723", Reply::ok(sample!("listings-sale.array")), "2026-03-12").await;
    // The others lie in other ZIP codes, and nobody knows how far away.
    assert_eq!(given, [hargis()]);
    let given = listings("78701", Reply::ok(sample!("listings-sale.array")), "2026-03-12").await;
    assert_eq!(given[0].address.as_deref(), Some("54 Rainey St, Apt 513"));
    assert_eq!(listing(|_| {}).await, Some(hargis()));
}

#[tokio::test]
async fn a_sample_of_a_new_home() {
    let reply = Reply::ok(format!("[{}]", sample!("listing.new-construction")));
    let [given] = listings("33920", reply, "2026-03-12").await.try_into().unwrap();
    assert_eq!((given.price, given.facts.year_built), (428_595, Some(2023)));
    assert_eq!(given.courtesy_of.as_deref(), Some("Pulte Homes"));
}

#[tokio::test]
async fn a_sample_of_homes_sold() {
    let expected = Sale {
        address: Some("5500 Grand Lake Dr".to_owned()),
        zip_code: zip("78244"),
        price: 270_000,
        sold_on: day("2024-11-18"),
        facts: HomeFacts {
            bedrooms: Some(3.0),
            bathrooms: Some(2.0),
            living_area_sqft: Some(1_878),
            lot_sqft: Some(8_850),
            year_built: Some(1973),
            ..HomeFacts::default()
        },
        miles: None,
        courtesy_of: None,
        source: "RentCast".to_owned(),
    };
    let given = sales("78244", Reply::ok(sample!("properties.2025")), "2024-12-01").await;
    assert_eq!(given, [expected]);
    assert!(sales("78245", Reply::ok(sample!("properties.2025")), "2024-12-01").await.is_empty());
}

#[tokio::test]
async fn nobody_is_told_how_to_reach_people() {
    let listings = listings("78723", Reply::ok(sample!("listings-sale.array")), "2026-03-12").await;
    let sales = sales("78244", Reply::ok(sample!("properties.2025")), "2024-12-01").await;
    let told = format!("{listings:?} {sales:?}");
    for personal in ["5125550100", "agent@", "office@", "www.", "Pat Q"] {
        assert!(!told.contains(personal), "{personal}: {told}");
    }
}

#[tokio::test]
async fn whose_listing_it_is_is_told_as_far_as_known() {
    let courtesy = async |change: fn(&mut Value)| listing(change).await.unwrap().courtesy_of;
    let agent = courtesy(|record| record["listingOffice"] = json!(null)).await;
    assert_eq!(agent.as_deref(), Some("Pat Example"));
    let office = courtesy(|record| record["listingAgent"] = json!({"email": "agent@example.com"})).await;
    assert_eq!(office.as_deref(), Some("Example Realty LLC"));
    let nobody = courtesy(|record| {
        (record["listingAgent"], record["listingOffice"]) = (json!(["Pat"]), json!("Example"));
        record["builder"] = json!({"name": "\u{1}\r\n"});
    });
    assert_eq!(nobody.await, None);
    let lines = courtesy(|record| record["listingAgent"]["name"] = json!("Pat\r\nBcc:\u{2028} x"));
    assert_eq!(lines.await.as_deref(), Some("Pat Bcc: x, Example Realty LLC"));
}

#[tokio::test]
async fn the_questions_are_as_rentcast_wants_them() {
    let (loopback, rentcast) = answering(Reply::ok("[]")).await;
    let around = rentcast.clone().measuring_from(centre_of_78723());
    let (today, unlimited) = (day("2026-03-12"), Allowance::unlimited());
    for rentcast in [&rentcast, &around] {
        assert!(rentcast.active_listings(zip("78723"), today, 5, &unlimited).await.unwrap().is_empty());
        assert!(rentcast.recent_sales(zip("78723"), today, 5, &unlimited).await.unwrap().is_empty());
    }
    // Nobody knows the centre of another ZIP code.
    around.active_listings(zip("78701"), today, 5, &unlimited).await.unwrap();
    let asked = loopback.asked();
    let paths: Vec<&str> = asked.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/listings/sale", "/properties", "/listings/sale", "/properties", "/listings/sale"]);
    let homes = ("propertyType", "Single Family|Condo|Townhouse|Manufactured");
    let (all, logging) = (("limit", "500"), ("suppressLogging", "true"));
    let (active, lately) = (("status", "Active"), ("saleDateRange", "180"));
    let place = [("latitude", "30.3"), ("longitude", "-97.69"), ("radius", "3")];
    assert_eq!(query(&asked[0]), [("zipCode", "78723"), homes, active, all, logging]);
    assert_eq!(query(&asked[1]), [("zipCode", "78723"), homes, lately, all, logging]);
    assert_eq!(query(&asked[2]), [place[0], place[1], place[2], homes, active, all, logging]);
    assert_eq!(query(&asked[3]), [place[0], place[1], place[2], homes, lately, all, logging]);
    assert_eq!(asked[4].query("zipCode"), Some("78701"));
    for request in &asked {
        assert_eq!(request.header("x-api-key"), Some(faults::KEY));
        assert!(request.query.iter().all(|(_, value)| !value.contains(faults::KEY)));
    }
}

#[tokio::test]
async fn the_radius_is_one_that_can_be() {
    for (given, told) in [(0, "1"), (1, "1"), (10, "10"), (50, "50"), (51, "50"), (255, "50")] {
        let loopback = Loopback::giving([Reply::ok("[]")]).await;
        let clock = Arc::new(ManualClock::at("2026-03-12T12:00:00Z".parse().unwrap()));
        let options = RentCastOptions { http: faults::options(&loopback), radius_miles: given };
        let rentcast =
            RentCast::new(&faults::key(), clock, &options).unwrap().measuring_from(centre_of_78723());
        rentcast.recent_sales(zip("78723"), day("2026-03-12"), 1, &Allowance::unlimited()).await.unwrap();
        assert_eq!(loopback.asked()[0].query("radius"), Some(told));
    }
}

#[tokio::test]
async fn a_geocoder_that_is_down_is_not_one_that_knows_nothing() {
    let (loopback, rentcast) = answering(Reply::ok("[]")).await;
    let rentcast = rentcast.measuring_from(Arc::new(Down));
    let (today, unlimited) = (day("2026-03-12"), Allowance::unlimited());
    let error = rentcast.active_listings(zip("78723"), today, 5, &unlimited).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Unavailable);
    let error = rentcast.recent_sales(zip("78723"), today, 5, &unlimited).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Unavailable);
    assert!(loopback.asked().is_empty());
}

/// A geocoder that is down.
struct Down;

#[async_trait]
impl Geocoder for Down {
    async fn locate(&self, _: &Home, _: &Allowance) -> PortResult<Place> {
        Err(PortError::new(Fault::Unavailable, "the geocoder is down"))
    }

    async fn zip_centre(&self, _: ZipCode, _: &Allowance) -> PortResult<GeoPoint> {
        Err(PortError::new(Fault::Unavailable, "the geocoder is down"))
    }
}

#[tokio::test]
async fn days_of_sales_are_counted_from_today() {
    let (loopback, rentcast) = answering(nothing()).await;
    for (as_of, range) in [
        ("2026-03-13", "179"),
        ("2026-03-12", "180"),
        ("2026-03-11", "181"),
        ("2026-03-10", "2:182"),
        ("2025-03-12", "365:545"),
        ("2027-03-12", "1"),
    ] {
        rentcast.recent_sales(zip("78244"), day(as_of), 5, &Allowance::unlimited()).await.unwrap();
        assert_eq!(loopback.asked().last().unwrap().query("saleDateRange"), Some(range), "{as_of}");
    }
}

#[tokio::test]
async fn nothing_found_is_an_empty_list() {
    for reply in [nothing(), Reply::ok("[]"), Reply::ok(" [ ] ")] {
        assert!(listings("78723", reply.clone(), "2026-03-12").await.is_empty());
        assert!(sales("78723", reply, "2026-03-12").await.is_empty());
    }
    for answer in ["{}", "null", "5", r#"{"listings":[]}"#, r#"{"status":200,"error":"x","message":"y"}"#] {
        let (_loopback, rentcast) = answering(Reply::ok(answer)).await;
        let (today, unlimited) = (day("2026-03-12"), Allowance::unlimited());
        let error = rentcast.active_listings(zip("78723"), today, 5, &unlimited).await.unwrap_err();
        assert_eq!(error.fault(), Fault::Garbled, "{answer}");
        let error = rentcast.recent_sales(zip("78723"), today, 5, &unlimited).await.unwrap_err();
        assert_eq!(error.fault(), Fault::Garbled, "{answer}");
    }
    // It is a wrong address and no empty market that answers so.
    let (_loopback, rentcast) = answering(Reply::json(404, "Cannot GET /listings/sale")).await;
    let error = rentcast.active_listings(zip("78723"), day("2026-03-12"), 5, &Allowance::unlimited()).await;
    assert_eq!(error.unwrap_err().fault(), Fault::NotFound);
}

#[tokio::test]
async fn a_record_that_is_none_does_not_cost_the_others() {
    let reply = changed(sample!("listings-sale.array"), |records| {
        let odd = json!([null, 5, "x", [], ["a", "b"], {}, {"price": {}, "zipCode": []}]);
        records.as_array_mut().unwrap().extend(odd.as_array().unwrap().clone());
    });
    assert_eq!(listings("78723", reply, "2026-03-12").await, [hargis()]);
}

#[tokio::test]
async fn only_homes_that_are_for_sale_are_listed() {
    let dropped: [fn(&mut Value); 7] = [
        |record| record["status"] = json!("Inactive"),
        |record| record["removedDate"] = json!("2026-03-01T00:00:00.000Z"),
        |record| record["propertyType"] = json!("Land"),
        |record| record["propertyType"] = json!("Multi-Family"),
        |record| record["zipCode"] = json!("78724"),
        |record| record["zipCode"] = json!(null),
        |record| record["listedDate"] = json!("2026-03-13T00:00:00.000Z"),
    ];
    for (case, change) in dropped.into_iter().enumerate() {
        assert_eq!(listing(change).await, None, "{case}");
    }
    let kept: [fn(&mut Value); 4] = [
        |record| record["status"] = json!(null),
        |record| record["status"] = json!("active"),
        |record| record["propertyType"] = json!(null),
        |record| record["zipCode"] = json!("78723-1234"),
    ];
    for (case, change) in kept.into_iter().enumerate() {
        assert_eq!(listing(change).await, Some(hargis()), "{case}");
    }
    for price in nonsense() {
        assert_eq!(listing(|record| record["price"] = price.clone()).await, None, "{price}");
    }
    for date in [json!("0001-01-01T00:00:00.000Z"), json!(null), json!("lately"), json!({})] {
        let given = listing(|record| record["listedDate"] = date).await.unwrap();
        assert_eq!(given, Listing { listed_on: None, ..hargis() });
    }
    let bare = listing(|record| *record = json!({"zipCode": 78723, "price": "899,000"})).await.unwrap();
    assert_eq!((bare.address, bare.price, bare.facts), (None, 899_000, HomeFacts::default()));
    let whole = listing(|record| record["addressLine1"] = json!(null)).await.unwrap();
    assert_eq!(whole.address.as_deref(), Some("3821 Hargis St, Austin, TX 78723"));
}

#[tokio::test]
async fn of_an_earlier_day_only_what_was_there_is_told() {
    let on = async |as_of: &str, date: Value| {
        let reply = changed(sample!("listing.standard"), |record| {
            record["listedDate"] = date;
            *record = json!([record]);
        });
        listings("78723", reply, as_of).await.len()
    };
    let listed = || json!("2026-02-01T00:00:00.000Z");
    assert_eq!(on("2026-02-01", listed()).await, 1);
    assert_eq!(on("2026-01-31", listed()).await, 0);
    // Whoever does not say since when may have come later; today that does not matter.
    assert_eq!(on("2026-03-10", json!(null)).await, 0);
    assert_eq!(on("2026-03-11", json!(null)).await, 1);
}

#[tokio::test]
async fn sales_are_of_the_half_year_before_and_have_a_price() {
    assert_eq!(sale(|_| {}).await.unwrap().sold_on, day("2026-02-18"));
    let dropped: [fn(&mut Value); 7] = [
        |record| record["lastSaleDate"] = json!("2026-03-12T00:00:00.000Z"),
        |record| record["lastSaleDate"] = json!("2025-09-12T00:00:00.000Z"),
        |record| record["lastSaleDate"] = json!("0001-01-01T00:00:00.000Z"),
        |record| record["lastSaleDate"] = json!(null),
        |record| record["zipCode"] = json!("78245"),
        |record| record["propertyType"] = json!("Apartment"),
        |record| drop(record.as_object_mut().unwrap().remove("lastSalePrice")),
    ];
    for (case, change) in dropped.into_iter().enumerate() {
        assert_eq!(sale(change).await, None, "{case}");
    }
    assert!(sale(|record| record["lastSaleDate"] = json!("2025-09-13")).await.is_some());
    assert!(sale(|record| record["lastSaleDate"] = json!("2026-03-11")).await.is_some());
    for price in nonsense() {
        assert_eq!(sale(|record| record["lastSalePrice"] = price.clone()).await, None, "{price}");
    }
    // A gift between relatives is no sale.
    assert_eq!(sale(|record| record["lastSalePrice"] = json!(10)).await, None);
}

fn addresses(listings: &[Listing]) -> Vec<&str> {
    listings.iter().filter_map(|listing| listing.address.as_deref()).collect()
}

#[tokio::test]
async fn the_nearest_come_first() {
    // A hundredth of a degree of latitude is about 0.7 miles.
    let at = |number: usize, hundredths: f64| {
        city::for_sale(number, "2026-03-01", move |record| {
            record["latitude"] = json!(30.3 + hundredths / 100.0);
            record["zipCode"] = json!(if number.is_multiple_of(2) { "78723" } else { "78751" });
        })
    };
    let nowhere = |number: usize, zip: &str| {
        city::for_sale(number, "2026-03-01", |record| {
            (record["latitude"], record["zipCode"]) = (json!(null), json!(zip));
        })
    };
    // The sixth lies farther than was asked for.
    let records = vec![
        nowhere(7, "78751"),
        nowhere(8, "78723"),
        at(1, 2.0),
        at(2, -1.0),
        at(3, 4.0),
        at(6, 5.0),
        at(5, 0.0),
    ];
    let loopback = Loopback::giving([Reply::ok(json!(records).to_string())]).await;
    let rentcast = rentcast_on("2026-03-12", faults::options(&loopback)).measuring_from(centre_of_78723());
    let (today, unlimited) = (day("2026-03-12"), Allowance::unlimited());
    let given = rentcast.active_listings(zip("78723"), today, 10, &unlimited).await.unwrap();
    let oak = |number: usize| format!("{number} Oak Ave");
    assert_eq!(addresses(&given), [oak(5), oak(2), oak(1), oak(3), oak(8)]);
    let miles: Vec<Option<f64>> = given.iter().map(|listing| listing.miles).collect();
    assert_eq!(miles, [Some(0.0), Some(0.7), Some(1.4), Some(2.8), None]);
    let two = rentcast.active_listings(zip("78723"), today, 2, &unlimited).await.unwrap();
    assert_eq!(addresses(&two), [oak(5), oak(2)]);
    assert_eq!(loopback.asked().len(), 2);
}

#[tokio::test]
async fn the_latest_sales_come_first_and_cost_one_call() {
    let records: Vec<Value> =
        (1..=20).map(|number| city::sold(number, &format!("2026-02-{number:02}"), |_| {})).collect();
    let loopback = Loopback::giving([Reply::ok(json!(records).to_string())]).await;
    let rentcast = rentcast_on("2026-03-12", faults::options(&loopback)).measuring_from(centre_of_78723());
    let (allowance, counter) = crate::allowances::of(1);
    let given = rentcast.recent_sales(zip("78723"), day("2026-03-12"), 3, &allowance).await.unwrap();
    let days: Vec<String> = given.iter().map(|sale| sale.sold_on.to_string()).collect();
    assert_eq!(days, ["2026-02-20", "2026-02-19", "2026-02-18"]);
    assert!(given.iter().all(|sale| sale.miles.is_some()));
    assert_eq!((counter.taken(), loopback.asked().len()), (1, 1));
    // Nothing is asked for nothing.
    assert!(rentcast.recent_sales(zip("78723"), day("2026-03-12"), 0, &allowance).await.unwrap().is_empty());
    assert!(
        rentcast.active_listings(zip("78723"), day("2026-03-12"), 0, &allowance).await.unwrap().is_empty()
    );
    assert_eq!((counter.taken(), loopback.asked().len()), (1, 1));
}
