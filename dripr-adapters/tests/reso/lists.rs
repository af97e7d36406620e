//! Homes for sale and homes sold.

use dripr_adapters::reso::{Enumerations, ResoOptions, ResoWebApi};
use dripr_core::{
    content::{HomeFacts, Listing, Sale},
    errors::Fault,
    ports::{Allowance, PropertySource},
};
use serde_json::{Value, json};

use crate::{
    allowances, centre_of_78734, clock, day,
    loopback::{Loopback, Reply, faults},
    mls::{self, for_sale, sold},
    options, reso, sample, zip,
};

async fn listings_of(answer: impl Into<Vec<u8>>, limit: usize) -> Vec<Listing> {
    let loopback = Loopback::giving([Reply::ok(answer)]).await;
    let reso = reso(faults::options(&loopback));
    let unlimited = Allowance::unlimited();
    reso.active_listings(zip("78734"), day("2026-03-12"), limit, &unlimited).await.unwrap()
}

/// A listing as it is made of one record.
async fn listing(change: impl FnOnce(&mut Value)) -> Option<Listing> {
    let answer = json!({"value": [for_sale(7, 500_000, "2026-03-01", change)]});
    listings_of(answer.to_string(), 5).await.pop()
}

fn addresses(listings: &[Listing]) -> Vec<&str> {
    listings.iter().filter_map(|listing| listing.address.as_deref()).collect()
}

#[tokio::test]
async fn a_sample_of_homes_for_sale() {
    let listings = listings_of(sample!("property.active.constructed"), 10).await;
    let expected = Listing {
        address: Some("2681 Crazyhorse Pass".to_owned()),
        zip_code: zip("78734"),
        price: 299_999,
        listed_on: Some(day("2026-01-18")),
        facts: HomeFacts {
            bedrooms: Some(3.0),
            bathrooms: Some(2.0),
            living_area_sqft: Some(1_792),
            lot_sqft: Some(9_496),
            year_built: Some(1995),
            ..HomeFacts::default()
        },
        miles: None,
        link: None,
        courtesy_of: Some("Pat Example, Example Realty LLC".to_owned()),
        source: "Example MLS".to_owned(),
    };
    // The other one is under contract, and may not be shown.
    assert_eq!(listings, [expected]);
}

#[tokio::test]
async fn a_sample_of_homes_sold_in_the_other_dialect() {
    let loopback = Loopback::giving([Reply::ok(sample!("property.closed.enum-dialect.constructed"))]).await;
    let dialect = Enumerations::reso_types();
    let options = ResoOptions { enumerations: dialect, ..options(faults::options(&loopback)) };
    let reso = ResoWebApi::new(options, clock("2026-03-12")).unwrap();
    let unlimited = Allowance::unlimited();
    let sales = reso.recent_sales(zip("78244"), day("2026-03-12"), 1, &unlimited).await.unwrap();
    let expected = Sale {
        address: None,
        zip_code: zip("78244"),
        price: 289_500,
        sold_on: day("2026-01-09"),
        facts: HomeFacts {
            bedrooms: Some(3.0),
            bathrooms: Some(2.0),
            living_area_sqft: Some(1_895),
            year_built: Some(1988),
            ..HomeFacts::default()
        },
        miles: None,
        courtesy_of: None,
        source: "Example MLS".to_owned(),
    };
    assert_eq!(sales, [expected]);
    let filter = "PropertyType has org.reso.metadata.enums.PropertyType'Residential' and \
         StandardStatus has org.reso.metadata.enums.StandardStatus'Closed' and PostalCode eq '78244' and \
         CloseDate ge 2025-09-13 and CloseDate lt 2026-03-12";
    assert_eq!(loopback.asked()[0].query("$filter"), Some(filter));
    // A second one would stand at another host.
    let error = reso.recent_sales(zip("78244"), day("2026-03-12"), 2, &unlimited).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Garbled);
    faults::tells_no_secret("a foreign page", &error);
    assert_eq!(loopback.asked().len(), 2);
}

#[tokio::test]
async fn answers_of_the_specification_are_read() {
    for answer in [sample!("spec.collection"), sample!("spec.count-page"), r#"{"value":[]}"#] {
        assert!(listings_of(answer, 5).await.is_empty());
    }
    let loopback = Loopback::giving([Reply::json(501, sample!("spec.error-501"))]).await;
    let reso = reso(faults::options(&loopback));
    let unlimited = Allowance::unlimited();
    let error = reso.active_listings(zip("78734"), day("2026-03-12"), 5, &unlimited).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Invalid);
    for (answer, fault) in
        [("{}", Fault::Garbled), (r#"{"value":null}"#, Fault::Garbled), ("[]", Fault::Garbled)]
    {
        let loopback = Loopback::giving([Reply::ok(answer)]).await;
        let reso = crate::reso(faults::options(&loopback));
        let error = reso.recent_sales(zip("78734"), day("2026-03-12"), 5, &unlimited).await.unwrap_err();
        assert_eq!(error.fault(), fault, "{answer}");
    }
}

#[tokio::test]
async fn the_question_is_as_odata_wants_it() {
    let loopback = Loopback::giving([Reply::ok(r#"{"value":[]}"#)]).await;
    let reso = reso(faults::options(&loopback));
    let unlimited = Allowance::unlimited();
    reso.active_listings(zip("78734"), day("2026-03-12"), 5, &unlimited).await.unwrap();
    reso.recent_sales(zip("78734"), day("2026-03-12"), 5, &unlimited).await.unwrap();
    let [active, closed] = loopback.asked().try_into().unwrap();
    for request in [&active, &closed] {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/Property"));
        assert_eq!(request.header("authorization"), Some(format!("Bearer {}", faults::KEY).as_str()));
        assert!(request.query.iter().all(|(_, value)| !value.contains(faults::KEY)));
        assert!(request.query("$select").unwrap().starts_with("ListingKey,StandardStatus,"));
        assert_eq!(request.query("$top"), Some("200"));
    }
    let filter = "PropertyType eq 'Residential' and StandardStatus eq 'Active' and PostalCode eq '78734' and ListPrice gt 0";
    assert_eq!(active.query("$filter"), Some(filter));
    assert_eq!(active.query("$orderby"), Some("ModificationTimestamp desc"));
    assert_eq!(closed.query("$orderby"), Some("CloseDate desc"));
}

#[tokio::test]
async fn what_may_not_be_shown_is_not() {
    assert!(listing(|_| {}).await.is_some());
    for flag in [json!(false), json!("false"), json!("N")] {
        let hidden = flag.clone();
        assert_eq!(listing(|record| record["InternetEntireListingDisplayYN"] = hidden).await, None);
        let hidden = listing(|record| record["InternetAddressDisplayYN"] = flag).await.unwrap();
        assert_eq!((hidden.address, hidden.price), (None, 500_000));
    }
    let shown = listing(|record| {
        record["InternetEntireListingDisplayYN"] = json!(null);
        record["InternetAddressDisplayYN"] = json!(true);
        record["InternetAutomatedValuationDisplayYN"] = json!(false);
    })
    .await;
    assert_eq!(shown.unwrap().address.as_deref(), Some("7 Crazyhorse Pass"));
}

#[tokio::test]
async fn enumerations_are_read_in_any_writing() {
    for (status, kind, kept) in [
        (json!("active"), json!("RESIDENTIAL"), true),
        (json!("Ac tive "), json!("Resi dential"), true),
        (json!(null), json!(null), true),
        (json!("ActiveUnderContract"), json!("Residential"), false),
        (json!("Active Under Contract"), json!("Residential"), false),
        (json!("Closed"), json!("Residential"), false),
        (json!("Active"), json!("ResidentialLease"), false),
        (json!("Active"), json!("Land"), false),
    ] {
        let what = format!("{status} {kind}");
        let listing = listing(|record| {
            record["StandardStatus"] = status;
            record["PropertyType"] = kind;
        });
        assert_eq!(listing.await.is_some(), kept, "{what}");
    }
}

#[tokio::test]
async fn numbers_are_read_in_any_writing_and_what_cannot_be_is_left_out() {
    let facts = async |change: fn(&mut Value)| listing(change).await.unwrap().facts;
    let plain = facts(|record| record["BedroomsTotal"] = json!(4)).await;
    let written = facts(|record| {
        record["BedroomsTotal"] = json!("4.0");
        record["BathroomsTotalInteger"] = json!(2.0);
        record["LivingArea"] = json!("2,000");
    })
    .await;
    assert_eq!(plain, written);
    let metres = facts(|record| {
        record["LivingArea"] = json!(185.8);
        record["LivingAreaUnits"] = json!("SquareMeters");
    })
    .await;
    assert_eq!(metres.living_area_sqft, Some(2_000));
    let halves = facts(|record| {
        record["BathroomsTotalInteger"] = json!(3.0);
        record["BathroomsFull"] = json!(2);
        record["BathroomsHalf"] = json!(1);
        record["LotSizeAcres"] = json!(0.5);
    })
    .await;
    assert_eq!((halves.bathrooms, halves.lot_sqft), (Some(2.5), Some(21_780)));
    let three_quarters = facts(|record| {
        record["BathroomsTotalInteger"] = json!(3);
        record["BathroomsFull"] = json!(2);
        record["BathroomsHalf"] = json!(0);
    })
    .await;
    assert_eq!(three_quarters.bathrooms, Some(3.0));
    let nonsense = facts(|record| {
        record["BedroomsTotal"] = json!(-3);
        record["BathroomsTotalInteger"] = json!("many");
        record["BathroomsFull"] = json!(-1);
        record["LivingArea"] = json!(1e12);
        record["LotSizeSquareFeet"] = json!(-1);
        record["YearBuilt"] = json!(1e12);
        record["Latitude"] = json!(1e12);
    })
    .await;
    assert_eq!(nonsense, HomeFacts::default());
    let unit = facts(|record| record["LivingAreaUnits"] = json!("Tatami")).await;
    assert_eq!(unit.living_area_sqft, None);
    for price in [json!(null), json!(0), json!(-500_000), json!(1e12), json!("soon"), json!([])] {
        assert_eq!(listing(|record| record["ListPrice"] = price).await, None);
    }
    for (postal_code, kept) in [
        (json!("78734-2231"), true),
        (json!(78734), true),
        (json!("78735"), false),
        (json!(null), false),
        (json!("7873"), false),
    ] {
        assert_eq!(listing(|record| record["PostalCode"] = postal_code).await.is_some(), kept);
    }
    for (on, listed) in [
        (json!("2026-03-13"), None),
        (json!("2026-03-12"), Some(Some(day("2026-03-12")))),
        (json!("2026-03-01T07:00:00Z"), Some(Some(day("2026-03-01")))),
        (json!(null), Some(None)),
        (json!("soon"), Some(None)),
        (json!("é123456789"), Some(None)),
    ] {
        let given = listing(|record| record["ListingContractDate"] = on).await;
        assert_eq!(given.map(|listing| listing.listed_on), listed);
    }
}

#[tokio::test]
async fn a_record_that_is_none_does_not_cost_the_others() {
    let good = for_sale(7, 500_000, "2026-03-01", |_| {});
    let answer = json!({"value": [null, 5, "x", [], {}, good, {"ListPrice": {}}]});
    assert_eq!(listings_of(answer.to_string(), 5).await.len(), 1);
}

#[tokio::test]
async fn the_nearest_come_first_and_wider_only_where_they_are_few() {
    // A hundredth of a degree of latitude is about 0.7 miles.
    let at = |number: usize, hundredths: f64| {
        for_sale(number, 500_000, "2026-03-01", move |record| {
            record["Latitude"] = json!(30.38 + hundredths / 100.0);
            record["Longitude"] = json!(-97.95);
            record["PostalCode"] = json!(if number.is_multiple_of(2) { "78734-1111" } else { "78738" });
        })
    };
    let mut records = vec![at(1, 2.0), at(2, -1.0), at(3, 5.0), at(4, -8.0), at(5, 0.0)];
    // In the corner of the box, and nowhere.
    let corner = for_sale(6, 500_000, "2026-03-01", |record| {
        (record["Latitude"], record["Longitude"]) = (json!(30.44), json!(-97.88));
    });
    let nowhere = for_sale(7, 500_000, "2026-03-01", |record| record["Latitude"] = json!(null));
    records.extend([corner, nowhere]);
    let loopback = mls::with(records, 2).await;
    let reso = reso(faults::options(&loopback)).measuring_from(centre_of_78734());
    let (zip, today, unlimited) = (zip("78734"), day("2026-03-12"), Allowance::unlimited());
    let three = reso.active_listings(zip, today, 3, &unlimited).await.unwrap();
    let pass = |number: usize| format!("{number} Crazyhorse Pass");
    assert_eq!(addresses(&three), [pass(5), pass(2), pass(1)]);
    assert_eq!(three.iter().map(|listing| listing.miles.unwrap()).collect::<Vec<_>>(), [0.0, 0.7, 1.4]);
    assert_eq!(three[2].zip_code.as_str(), "78738");
    assert_eq!(loopback.asked().len(), 2, "two pages of one box");
    assert!(loopback.asked()[0].query("$filter").unwrap().contains(
        "Latitude ge 30.35085 and Latitude le 30.40915 and Longitude ge -97.98379 and Longitude le -97.91621"
    ));
    let more = reso.active_listings(zip, today, 4, &unlimited).await.unwrap();
    assert_eq!(addresses(&more), [pass(5), pass(2), pass(1), pass(3)]);
    // No centre is known of another ZIP code.
    let elsewhere = reso.active_listings(crate::zip("78738"), today, 4, &unlimited).await.unwrap();
    assert_eq!(elsewhere.len(), 3);
    assert!(elsewhere.iter().all(|listing| listing.miles.is_none()));
}

#[tokio::test]
async fn the_latest_sales_come_first_over_pages_and_no_further_than_needed() {
    let records =
        (1..=20).map(|number| sold(number, 500_000, &format!("2026-02-{number:02}"), |_| {})).collect();
    let loopback = mls::with(records, 3).await;
    let reso = reso(faults::options(&loopback));
    let (allowance, counter) = allowances::of(100);
    let (zip, today) = (zip("78734"), day("2026-02-15"));
    let sales = reso.recent_sales(zip, today, 5, &allowance).await.unwrap();
    let days: Vec<String> = sales.iter().map(|sale| sale.sold_on.to_string()).collect();
    assert_eq!(days, ["2026-02-14", "2026-02-13", "2026-02-12", "2026-02-11", "2026-02-10"]);
    assert_eq!((counter.taken(), loopback.asked().len()), (2, 2));
    assert_eq!(loopback.asked()[1].query("$skip"), Some("3"));
    // An allowance that ends in the middle is the answer.
    let (allowance, _) = allowances::of(1);
    let error = reso.recent_sales(zip, today, 5, &allowance).await.unwrap_err();
    assert_eq!((error.fault(), loopback.asked().len()), (Fault::NotAllowed, 3));
    // Nothing is asked for nothing.
    assert!(reso.recent_sales(zip, today, 0, &allowance).await.unwrap().is_empty());
    assert!(reso.active_listings(zip, today, 0, &allowance).await.unwrap().is_empty());
    assert_eq!(loopback.asked().len(), 3);
}

#[tokio::test]
async fn pages_without_end_are_left() {
    let page = r#"{"value":[],"@odata.nextLink":"Property?$skip=0"}"#;
    let loopback = Loopback::giving([Reply::ok(page)]).await;
    let reso = reso(faults::options(&loopback));
    let unlimited = Allowance::unlimited();
    let sales = reso.recent_sales(zip("78734"), day("2026-03-12"), 5, &unlimited).await.unwrap();
    assert_eq!((sales.len(), loopback.asked().len()), (0, 10));
}

#[tokio::test]
async fn sales_are_of_the_half_year_before_and_have_a_price() {
    let sale = async |change: fn(&mut Value)| {
        let answer = json!({"value": [sold(1, 500_000, "2026-02-01", change)]});
        let loopback = Loopback::giving([Reply::ok(answer.to_string())]).await;
        let reso = reso(faults::options(&loopback));
        let unlimited = Allowance::unlimited();
        reso.recent_sales(zip("78734"), day("2026-03-12"), 5, &unlimited).await.unwrap().pop()
    };
    let kept = sale(|_| {}).await.unwrap();
    assert_eq!((kept.price, kept.courtesy_of.as_deref()), (500_000, Some("Example Realty LLC")));
    let dropped: [fn(&mut Value); 8] = [
        |record| record["CloseDate"] = json!("2026-03-12"),
        |record| record["CloseDate"] = json!("2025-09-12"),
        |record| record["CloseDate"] = json!("0001-01-01"),
        |record| record["CloseDate"] = json!(null),
        |record| record["ClosePrice"] = json!(null),
        |record| record["ClosePrice"] = json!(1_000_000_000_000_i64),
        |record| record["PostalCode"] = json!("78735"),
        |record| record["InternetEntireListingDisplayYN"] = json!(false),
    ];
    for (case, change) in dropped.into_iter().enumerate() {
        assert_eq!(sale(change).await, None, "{case}");
    }
}
