//! What a home is worth.

use dripr_core::{
    content::{GeoPoint, HomeFacts, Property, Valuation, ValueRange, plausible},
    errors::{Fault, PortResult},
    ports::{Allowance, PropertySource, Subject},
};
use serde_json::{Value, json};

use crate::{
    answering, changed, day,
    loopback::{Reply, faults},
    nonsense, nothing, query, sample, subject,
};

const STREET: &str = "5500 Grand Lake Dr";

async fn asked(reply: Reply, subject: &Subject, as_of: &str) -> PortResult<Property> {
    let (_loopback, rentcast) = answering(reply).await;
    rentcast.property(subject, day(as_of), &Allowance::unlimited()).await
}

/// What is made of the sample of 2025, changed.
async fn estimate(change: impl FnOnce(&mut Value)) -> PortResult<Property> {
    asked(changed(sample!("avm-value.2025"), change), &subject(STREET), "2026-03-12").await
}

/// Why there is no value.
fn without_value(property: Property) -> String {
    assert_eq!(property.valuation, None);
    property.no_value_because.unwrap()
}

fn facts() -> HomeFacts {
    HomeFacts {
        bedrooms: Some(3.0),
        bathrooms: Some(2.0),
        living_area_sqft: Some(1_878),
        lot_sqft: Some(8_843),
        year_built: Some(1973),
        ..HomeFacts::default()
    }
}

fn valuation(value: u64, low: u64, high: u64) -> Option<Valuation> {
    Some(Valuation {
        value,
        range: Some(ValueRange { low, high }),
        confidence: None,
        as_of: day("2026-03-12"),
        source: "RentCast".to_owned(),
        comparables: Vec::new(),
    })
}

#[tokio::test]
async fn a_sample_of_2025() {
    let expected = Property {
        formatted_address: "5500 Grand Lake Dr, San Antonio, TX 78244".to_owned(),
        zip_code: subject(STREET).home.zip_code,
        location: GeoPoint::new(29.476011, -98.351454).ok(),
        facts: facts(),
        valuation: valuation(250_000, 195_000, 304_000),
        no_value_because: None,
    };
    let given = asked(Reply::ok(sample!("avm-value.2025")), &subject(STREET), "2026-03-12").await.unwrap();
    assert_eq!(given, expected);
}

#[tokio::test]
async fn a_sample_of_before() {
    let expected = Property {
        formatted_address: "5500 Grand Lake Dr, San Antonio, TX 78244".to_owned(),
        zip_code: subject(STREET).home.zip_code,
        location: GeoPoint::new(29.475962, -98.351442).ok(),
        facts: HomeFacts::default(),
        valuation: valuation(221_000, 208_000, 233_000),
        no_value_because: None,
    };
    let given = asked(Reply::ok(sample!("avm-value.2024")), &subject(STREET), "2026-03-12").await.unwrap();
    assert_eq!(given, expected);
}

#[tokio::test]
async fn what_is_known_of_the_home_is_told_and_counts_for_more() {
    let (loopback, rentcast) = answering(Reply::ok(sample!("avm-value.2025"))).await;
    let mut subject = subject(STREET);
    subject.formatted_address = Some("5500 Grand Lake Drive, San Antonio, TX 78244, USA".to_owned());
    subject.location = GeoPoint::new(29.476, -98.351).ok();
    subject.home.facts = HomeFacts {
        bedrooms: Some(4.0),
        bathrooms: Some(2.5),
        living_area_sqft: Some(2_000),
        ..HomeFacts::default()
    };
    let given = rentcast.property(&subject, day("2026-03-12"), &Allowance::unlimited()).await.unwrap();
    let known =
        HomeFacts { bedrooms: Some(4.0), bathrooms: Some(2.5), living_area_sqft: Some(2_000), ..facts() };
    assert_eq!((given.facts, given.location), (known, subject.location));
    assert_eq!(Some(given.formatted_address), subject.formatted_address);
    let [request] = loopback.asked().try_into().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/avm/value"));
    assert_eq!(request.header("x-api-key"), Some(faults::KEY));
    assert_eq!(
        query(&request),
        [
            ("address", "5500 Grand Lake Dr, San Antonio, TX, 78244"),
            ("bedrooms", "4"),
            ("bathrooms", "2.5"),
            ("squareFootage", "2000"),
            ("suppressLogging", "true"),
        ]
    );
}

#[tokio::test]
async fn what_no_home_has_is_not_told() {
    let (loopback, rentcast) = answering(Reply::ok(sample!("avm-value.2025"))).await;
    let mut subject = subject(STREET);
    (subject.home.city, subject.home.state) = (String::new(), " ".to_owned());
    for (bedrooms, bathrooms, living_area) in
        [(f32::NAN, f32::NAN, 0), (-1.0, -1.0, 0), (2.5, 0.0, 0), (f32::INFINITY, f32::INFINITY, 0)]
    {
        subject.home.facts = HomeFacts {
            bedrooms: Some(bedrooms),
            bathrooms: Some(bathrooms),
            living_area_sqft: Some(living_area),
            ..HomeFacts::default()
        };
        rentcast.property(&subject, day("2026-03-12"), &Allowance::unlimited()).await.unwrap();
    }
    subject.home.facts = HomeFacts { bedrooms: Some(0.0), ..HomeFacts::default() };
    rentcast.property(&subject, day("2026-03-12"), &Allowance::unlimited()).await.unwrap();
    let asked = loopback.asked();
    let plain = [("address", "5500 Grand Lake Dr, 78244"), ("suppressLogging", "true")];
    assert!(asked[..4].iter().all(|request| query(request) == plain), "{asked:?}");
    assert_eq!(asked[4].query("bedrooms"), Some("0"), "a studio");
}

#[tokio::test]
async fn no_estimate_is_a_home_without_value_and_with_the_reason() {
    let why = "RentCast does not know the address, or too few homes like this one";
    for reply in [Reply::json(400, sample!("error.400")), nothing()] {
        let mut subject = subject(STREET);
        subject.location = GeoPoint::new(29.476, -98.351).ok();
        subject.home.facts.year_built = Some(1973);
        let given = asked(reply, &subject, "2026-03-12").await.unwrap();
        assert_eq!(given.facts, subject.home.facts);
        assert_eq!(given.location, subject.location);
        assert_eq!(given.formatted_address, "5500 Grand Lake Dr, San Antonio, TX 78244");
        assert_eq!(without_value(given), why);
    }
    // Who says so without RentCast's words is not RentCast.
    for (status, fault) in [(400, Fault::Invalid), (404, Fault::NotFound)] {
        for body in ["", "<html>", "{}", "null", "[]", r#"["x"]"#, r#"{"error":null}"#, r#"{"message":"no"}"#]
        {
            let error = asked(Reply::json(status, body), &subject(STREET), "2026-03-12").await.unwrap_err();
            assert_eq!(error.fault(), fault, "{status} {body}");
        }
    }
}

#[tokio::test]
async fn a_value_that_no_home_has_is_none() {
    let why = "RentCast gave no value that a home can have";
    for price in nonsense() {
        let given = estimate(|answer| answer["price"] = price.clone()).await.unwrap();
        assert_eq!(given.facts, facts(), "{price}");
        assert_eq!(without_value(given), why, "{price}");
    }
    assert_eq!(without_value(asked(Reply::ok("{}"), &subject(STREET), "2026-03-12").await.unwrap()), why);
    let written = estimate(|answer| answer["price"] = json!("$250,000")).await.unwrap();
    assert_eq!(written.valuation, valuation(250_000, 195_000, 304_000));
}

#[tokio::test]
async fn a_range_without_the_value_is_none() {
    let range = async |end: &str, price: Value| {
        let given = estimate(|answer| answer[end] = price).await.unwrap();
        let given = plausible::property(given, subject(STREET).home.zip_code, day("2026-03-12")).unwrap();
        given.valuation.unwrap().range
    };
    for price in nonsense() {
        assert_eq!(range("priceRangeLow", price.clone()).await, None, "{price}");
        assert_eq!(range("priceRangeHigh", price.clone()).await, None, "{price}");
    }
    assert_eq!(range("priceRangeLow", json!(250_001)).await, None);
    assert_eq!(range("priceRangeHigh", json!(249_999)).await, None);
    assert!(range("priceRangeLow", json!(250_000)).await.is_some());
}

#[tokio::test]
async fn facts_that_no_home_has_are_left_out() {
    for nonsense in nonsense() {
        let given = estimate(|answer| {
            let fields = ["bedrooms", "bathrooms", "squareFootage", "lotSize", "yearBuilt", "latitude"];
            fields.into_iter().for_each(|field| answer["subjectProperty"][field] = nonsense.clone());
        });
        let zip = subject(STREET).home.zip_code;
        let given = plausible::property(given.await.unwrap(), zip, day("2026-03-12")).unwrap();
        // None is a number of bedrooms, and of bathrooms.
        let none = (nonsense == json!(0)).then_some(0.0);
        assert_eq!(given.facts, HomeFacts { bedrooms: none, bathrooms: none, ..HomeFacts::default() });
        // Latitude 0 is a place, and not one of this ZIP code; the ZIP code is told.
        assert_eq!(given.location.is_some(), nonsense == json!(0) || nonsense == json!(-1), "{nonsense}");
        assert!(given.valuation.is_some());
    }
    let bathrooms = async |number: Value| {
        estimate(|answer| answer["subjectProperty"]["bathrooms"] = number).await.unwrap().facts.bathrooms
    };
    assert_eq!(bathrooms(json!(1.75)).await, Some(1.75));
    assert_eq!(bathrooms(json!("2.5")).await, Some(2.5));
    assert_eq!(bathrooms(json!(2.33)).await, None);
    let year = estimate(|answer| answer["subjectProperty"]["yearBuilt"] = json!(1)).await.unwrap();
    let year = plausible::property(year, subject(STREET).home.zip_code, day("2026-03-12")).unwrap();
    assert_eq!(year.facts.year_built, None);
}

#[tokio::test]
async fn another_home_is_not_this_one() {
    let other: [fn(&mut Value); 4] = [
        |answer| answer["subjectProperty"]["zipCode"] = json!("78109"),
        |answer| answer["subjectProperty"]["zipCode"] = json!("78109-1234"),
        |answer| answer["subjectProperty"]["addressLine1"] = json!("5502 Grand Lake Dr"),
        |answer| answer["subjectProperty"]["addressLine1"] = json!("Grand Lake Dr"),
    ];
    for (case, change) in other.into_iter().enumerate() {
        let error = estimate(change).await.unwrap_err();
        assert_eq!(error.fault(), Fault::NotFound, "{case}");
        assert!(!error.to_string().contains("Grand Lake"), "{error}");
    }
    let same: [fn(&mut Value); 7] = [
        |answer| answer["subjectProperty"]["zipCode"] = json!(78244),
        |answer| answer["subjectProperty"]["zipCode"] = json!("78244-1234"),
        |answer| answer["subjectProperty"]["zipCode"] = json!(null),
        |answer| answer["subjectProperty"]["zipCode"] = json!("7824"),
        |answer| answer["subjectProperty"]["addressLine1"] = json!("5500-A GRAND LAKE DRIVE"),
        |answer| answer["subjectProperty"]["addressLine1"] = json!(null),
        |answer| answer["subjectProperty"] = json!(["5500", "x", 5]),
    ];
    for (case, change) in same.into_iter().enumerate() {
        assert!(estimate(change).await.unwrap().valuation.is_some(), "{case}");
    }
    // An answer of before 2025 tells no ZIP code, and where it is.
    let mut far = subject(STREET);
    far.location = GeoPoint::new(30.3, -97.7).ok();
    let error = asked(Reply::ok(sample!("avm-value.2024")), &far, "2026-03-12").await.unwrap_err();
    assert_eq!(error.fault(), Fault::NotFound);
    let given = asked(Reply::ok(sample!("avm-value.2025")), &far, "2026-03-12").await.unwrap();
    assert_eq!(given.location, far.location);
}

#[tokio::test]
async fn a_building_is_not_a_home() {
    for (kind, why) in [
        ("Multi-Family", "RentCast knows only what the whole building is worth"),
        ("apartment", "RentCast knows only what the whole building is worth"),
        ("Land", "RentCast knows of no home at this address"),
        ("Castle", "RentCast knows of no home at this address"),
    ] {
        let given = estimate(|answer| answer["subjectProperty"]["propertyType"] = json!(kind)).await.unwrap();
        assert_eq!(given.facts, HomeFacts::default(), "{kind}");
        assert_eq!(without_value(given), why, "{kind}");
        // An answer of before 2025 does not say what the home is, but of what kind the comparables are.
        let answer = changed(sample!("avm-value.2024"), |answer| {
            answer["comparables"][0]["propertyType"] = json!(kind)
        });
        let given = asked(answer, &subject(STREET), "2026-03-12").await.unwrap();
        assert_eq!(without_value(given), why, "{kind}");
    }
    for kind in [json!("condo"), json!("Townhouse"), json!("Manufactured"), json!(null), json!([])] {
        let given = estimate(|answer| answer["subjectProperty"]["propertyType"] = kind).await.unwrap();
        assert!(given.valuation.is_some());
    }
    let untold = estimate(|answer| {
        answer["subjectProperty"]["propertyType"] = json!(null);
        answer["comparables"][0]["propertyType"] = json!(null);
        answer["comparables"][1]["propertyType"] = json!("Apartment");
    });
    assert_eq!(without_value(untold.await.unwrap()), "RentCast knows only what the whole building is worth");
    let alone = estimate(|answer| {
        (answer["subjectProperty"]["propertyType"], answer["comparables"]) = (json!(null), json!("none"));
    });
    assert!(alone.await.unwrap().valuation.is_some());
}

#[tokio::test]
async fn only_todays_value_is_known() {
    let (loopback, rentcast) = answering(Reply::ok(sample!("avm-value.2025"))).await;
    let mut known = subject(STREET);
    known.home.facts.year_built = Some(1973);
    let value =
        async |as_of: &str| rentcast.property(&known, day(as_of), &Allowance::unlimited()).await.unwrap();
    let earlier = value("2026-03-10").await;
    assert_eq!(earlier.facts, known.home.facts);
    assert_eq!(without_value(earlier), "RentCast knows only today's estimate, and not that of 2026-03-10");
    assert!(loopback.asked().is_empty(), "nobody is asked");
    // It is another day in other zones.
    assert_eq!(value("2026-03-11").await.valuation.unwrap().as_of, day("2026-03-11"));
    assert_eq!(value("2026-03-13").await.valuation.unwrap().as_of, day("2026-03-12"));
}

#[tokio::test]
async fn a_home_without_a_street_is_asked_about_nowhere() {
    let (loopback, rentcast) = answering(Reply::ok(sample!("avm-value.2025"))).await;
    let given = rentcast.property(&subject(" "), day("2026-03-12"), &Allowance::unlimited()).await.unwrap();
    assert_eq!(without_value(given), "the street of the home is not known");
    assert!(loopback.asked().is_empty());
}

#[tokio::test]
async fn what_is_no_estimate_is_garbled() {
    for answer in ["[]", "null", "5", r#""x""#, "[250000, 195000, 304000]", r#"[{"price":250000}]"#] {
        let error = asked(Reply::ok(answer), &subject(STREET), "2026-03-12").await.unwrap_err();
        assert_eq!(error.fault(), Fault::Garbled, "{answer}");
    }
}
