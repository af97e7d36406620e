//! A home and its value.

use dripr_core::{
    content::{GeoPoint, HomeFacts, Property, Valuation},
    errors::{Fault, PortResult},
    ports::{Allowance, Subject},
};
use serde_json::{Value, json};

use crate::{
    BOTH, Service, day,
    loopback::{Loopback, Reply, faults},
    sample, subject,
};

const TODAY: &str = "2026-03-12";
const STREET: &str = "7622 R W Emerson Loop";

async fn ask(
    service: Service,
    subject: &Subject,
    as_of: &str,
    answer: impl Into<Vec<u8>>,
) -> PortResult<Property> {
    let loopback = Loopback::giving([Reply::ok(answer)]).await;
    let zillow = service.on(TODAY, faults::options(&loopback));
    zillow.property(subject, day(as_of), &Allowance::unlimited()).await
}

/// The sample of a home, changed.
fn detail(change: impl FnOnce(&mut Value)) -> String {
    let mut detail = serde_json::from_str(sample!("zillow-v1/property.constructed")).unwrap();
    change(&mut detail);
    detail.to_string()
}

async fn home(service: Service, as_of: &str, change: impl FnOnce(&mut Value)) -> Property {
    ask(service, &subject(STREET), as_of, detail(change)).await.unwrap()
}

#[tokio::test]
async fn a_sample_of_a_home() {
    let expected = Property {
        formatted_address: "7622 R W Emerson Loop, Laredo, TX 78041".to_owned(),
        zip_code: "78041".parse().unwrap(),
        location: GeoPoint::new(27.576675, -99.453316).ok(),
        facts: HomeFacts {
            bedrooms: Some(4.0),
            bathrooms: Some(3.0),
            living_area_sqft: Some(2_464),
            year_built: Some(2005),
            ..HomeFacts::default()
        },
        valuation: Some(Valuation {
            value: 460_900,
            range: None,
            confidence: None,
            as_of: day(TODAY),
            source: "Zillow".to_owned(),
            comparables: Vec::new(),
        }),
        no_value_because: None,
    };
    for service in BOTH {
        let sample = sample!("zillow-v1/property.constructed");
        assert_eq!(ask(service, &subject(STREET), TODAY, sample).await.unwrap(), expected);
        // A list in which the home stands.
        let listed: Value = serde_json::from_str(sample!("zillow-v1/search.for-sale")).unwrap();
        let listed = json!({service.list(): [{"zpid": 5}, listed["props"][0]]}).to_string();
        let found = ask(service, &subject(STREET), TODAY, listed).await.unwrap();
        assert_eq!(found.valuation, expected.valuation);
        assert_eq!((found.facts.lot_sqft, found.facts.year_built), (Some(10_000), None));
    }
    // The real list of V2.
    let mut condo = subject("1950 Cloverfield Boulevard #10");
    condo.home.zip_code = "90404".parse().unwrap();
    let found = ask(Service::V2, &condo, TODAY, sample!("zillow-v2/search.for-sale")).await.unwrap();
    assert_eq!(found.valuation.unwrap().value, 692_700);
}

#[tokio::test]
async fn what_the_agent_knows_goes_before_what_zillow_tells() {
    for service in BOTH {
        let mut known = subject(STREET);
        known.home.facts =
            HomeFacts { bedrooms: Some(5.0), lot_sqft: Some(9_000), grade: Some(7), ..HomeFacts::default() };
        known.home.location = GeoPoint::new(27.58, -99.45).ok();
        let found = ask(service, &known, TODAY, detail(|_| {})).await.unwrap();
        let expected = HomeFacts {
            bathrooms: Some(3.0),
            living_area_sqft: Some(2_464),
            year_built: Some(2005),
            ..known.home.facts.clone()
        };
        assert_eq!((found.facts, found.location), (expected, known.home.location));
        known.location = GeoPoint::new(27.59, -99.45).ok();
        known.formatted_address = Some("7622 Emerson Lp".to_owned());
        let found = ask(service, &known, TODAY, detail(|_| {})).await.unwrap();
        assert_eq!((found.location, found.formatted_address.as_str()), (known.location, "7622 Emerson Lp"));
    }
}

#[tokio::test]
async fn a_home_without_an_estimate_is_given_with_the_reason() {
    for service in BOTH {
        let none: [fn(&mut Value); 8] = [
            |home| home["zestimate"] = json!(null),
            |home| home["zestimate"] = json!(0),
            |home| home["zestimate"] = json!(-460_900),
            |home| home["zestimate"] = json!("NaN"),
            |home| home["zestimate"] = json!({}),
            |home| drop(home.as_object_mut().unwrap().remove("zestimate")),
            |home| home["hideZestimate"] = json!("true"),
            |home| home["currency"] = json!("CAD"),
        ];
        for (case, change) in none.into_iter().enumerate() {
            let found = home(service, TODAY, change).await;
            let why = Some("Zillow shows no estimate of this home".to_owned());
            assert_eq!((found.valuation, found.no_value_because), (None, why), "{case}");
            assert_eq!(found.facts.bedrooms, Some(4.0));
        }
        for zestimate in [json!(1), json!(1e12), json!("1000000000000")] {
            let found = home(service, TODAY, |home| home["zestimate"] = zestimate).await;
            assert!(found.valuation.is_none() && found.no_value_because.is_some());
        }
        let found = home(service, TODAY, |home| home["zestimate"] = json!("$460,900")).await;
        assert_eq!(found.valuation.unwrap().value, 460_900);
    }
}

#[tokio::test]
async fn of_a_past_day_no_value_and_no_fact_is_told() {
    for service in BOTH {
        for (as_of, valued_on) in
            [("2026-03-13", "2026-03-12"), ("2026-03-12", "2026-03-12"), ("2026-03-11", "2026-03-11")]
        {
            let found = home(service, as_of, |_| {}).await;
            assert_eq!(found.valuation.unwrap().as_of, day(valued_on), "{as_of}");
        }
        for as_of in ["2026-03-10", "2025-03-12", "0001-01-01"] {
            let found = home(service, as_of, |_| {}).await;
            let why = "Zillow tells what a home is worth today, and not what it was worth before";
            assert_eq!((found.valuation, found.no_value_because.as_deref()), (None, Some(why)), "{as_of}");
            assert_eq!(found.facts, HomeFacts::default());
            assert!(found.location.is_some());
        }
    }
}

#[tokio::test]
async fn another_home_is_not_the_one_that_was_asked_for() {
    for service in BOTH {
        let other: [fn(&mut Value); 9] = [
            |home| home["address"]["zipcode"] = json!("78045"),
            |home| home["address"]["zipcode"] = json!(null),
            |home| home["address"]["streetAddress"] = json!("7624 R W Emerson Loop"),
            |home| home["address"]["streetAddress"] = json!("7622 R W Emerson Loop #2"),
            |home| home["address"]["streetAddress"] = json!("7622 Lindenwood Dr"),
            |home| home["address"]["streetAddress"] = json!(""),
            |home| home["address"] = json!(null),
            |home| home["address"] = json!([]),
            |home| home["address"] = json!("7622 R W Emerson Loop"),
        ];
        for (case, change) in other.into_iter().enumerate() {
            let error = ask(service, &subject(STREET), TODAY, detail(change)).await.unwrap_err();
            assert_eq!(error.fault(), Fault::NotFound, "{case}: {error}");
            faults::tells_no_secret("another home", &error);
            assert!(!error.to_string().contains("Emerson"), "{error}");
        }
        for change in [
            |home: &mut Value| home["address"] = json!("7622 R W Emerson Loop, Laredo, TX 78041"),
            |home: &mut Value| {
                home["address"] = json!(null);
                home["streetAddress"] = json!("7622 R West Emerson Loop");
                home["zipcode"] = json!(78041);
            },
        ] {
            assert!(home(service, TODAY, change).await.valuation.is_some());
        }
    }
}

#[tokio::test]
async fn an_answer_without_the_home_is_an_error() {
    for service in BOTH {
        let list = service.list();
        for (answer, fault) in [
            (json!({list: []}), Fault::NotFound),
            (json!({list: [{}, null, 5]}), Fault::NotFound),
            (json!({"totalResultCount": 0}), Fault::NotFound),
            (json!({"zpid": 70982473}), Fault::NotFound),
            (json!({"zpid": [1, 2]}), Fault::NotFound),
            (json!({"lotIds": [1]}), Fault::NotFound),
            (json!({}), Fault::Garbled),
            (json!({"error": "no such address"}), Fault::Garbled),
            (json!({"message": "no such address"}), Fault::Garbled),
            (json!({"zpid": null, "address": null}), Fault::Garbled),
            (json!({list: {}}), Fault::Garbled),
            (json!([]), Fault::Garbled),
            (json!(null), Fault::Garbled),
        ] {
            let error = ask(service, &subject(STREET), TODAY, answer.to_string()).await.unwrap_err();
            assert_eq!(error.fault(), fault, "{answer}: {error}");
            assert!(!error.to_string().contains("no such address"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_home_without_a_number_is_not_asked_for() {
    for service in BOTH {
        let loopback = Loopback::giving([Reply::ok(detail(|_| {}))]).await;
        let zillow = service.on(TODAY, faults::options(&loopback));
        for street in ["", " ", "R W Emerson Loop"] {
            let error =
                zillow.property(&subject(street), day(TODAY), &Allowance::unlimited()).await.unwrap_err();
            assert_eq!(error.fault(), Fault::NotFound);
        }
        assert!(loopback.asked().is_empty());
    }
}
