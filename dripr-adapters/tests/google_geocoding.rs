//! Places from Google, asked for on this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod allowances;
mod loopback;

use dripr_adapters::{google_geocoding::GoogleGeocoding, http::HttpOptions};
use dripr_core::{
    contact::Home,
    content::{GeoPoint, HomeFacts},
    errors::{Fault, PortResult},
    ports::{Allowance, Geocoder, Place, Probe},
    testkit::contract,
};
use loopback::{Loopback, Reply, Request, faults};
use serde_json::{Value, json};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("data/providers/google-geocoding/", $name, ".json"))
    };
}

fn home(street: &str, zip: &str) -> Home {
    Home {
        street: street.to_owned(),
        city: "Mountain View".to_owned(),
        state: "CA".to_owned(),
        zip_code: zip.parse().unwrap(),
        location: None,
        facts: HomeFacts::default(),
    }
}

fn google(options: &HttpOptions) -> GoogleGeocoding {
    GoogleGeocoding::new(faults::key(), options).unwrap()
}

/// What is made of an answer to a question about a home.
async fn located(answer: impl Into<Vec<u8>>) -> PortResult<Place> {
    let loopback = Loopback::giving([Reply::ok(answer)]).await;
    let asked = home("1600 Amphitheatre Parkway", "94043");
    google(&faults::options(&loopback)).locate(&asked, &Allowance::unlimited()).await
}

/// What is made of an answer to a question about a ZIP code.
async fn centre(zip: &str, answer: impl Into<Vec<u8>>) -> PortResult<GeoPoint> {
    let loopback = Loopback::giving([Reply::ok(answer)]).await;
    let google = google(&faults::options(&loopback));
    google.zip_centre(zip.parse().unwrap(), &Allowance::unlimited()).await
}

/// The sample of a house, changed.
fn house(change: impl FnOnce(&mut Value)) -> String {
    let mut answer: Value = serde_json::from_str(sample!("ok.rooftop")).unwrap();
    change(&mut answer["results"][0]);
    answer.to_string()
}

#[tokio::test]
async fn a_house_is_found() {
    let place = located(sample!("ok.rooftop")).await.unwrap();
    let formatted = "Google Building 40, 1600 Amphitheatre Pkwy, Mountain View, CA 94043, USA";
    assert_eq!(
        place,
        Place {
            location: GeoPoint::new(37.422388, -122.0841883).unwrap(),
            formatted_address: formatted.to_owned()
        }
    );
}

#[tokio::test]
async fn a_zip_code_has_a_centre() {
    let point = centre("94608", sample!("ok.postal-code")).await.unwrap();
    assert_eq!(point, GeoPoint::new(37.837959, -122.2824021).unwrap());
}

#[tokio::test]
async fn the_question_names_nothing_twice_and_the_key_once() {
    let loopback = Loopback::giving([Reply::ok(sample!("zero-results"))]).await;
    let google = google(&faults::options(&loopback));
    let asked = home("12 Elm St, #4 & 5|country:FR", "94043");
    let _ = google.locate(&asked, &Allowance::unlimited()).await;
    let _ = google.zip_centre(asked.zip_code, &Allowance::unlimited()).await;
    let requests = loopback.asked();
    let query = |request: &Request| request.query.clone();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let (components, key) = (pair("components", "postal_code:94043|country:US"), pair("key", faults::KEY));
    let address = pair("address", "12 Elm St, #4 & 5|country:FR, Mountain View, CA");
    assert_eq!(query(&requests[0]), [address, components.clone(), key.clone()]);
    assert_eq!(query(&requests[1]), [components, key]);
    for request in requests {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/json"));
        assert_eq!(request.header("accept"), Some("application/json"));
        assert!(request.headers.iter().all(|(_, value)| !value.contains(faults::KEY)), "{request:?}");
    }
}

#[tokio::test]
async fn each_status_is_what_it_means() {
    let status = |status: &str| json!({"results": [], "status": status, "error_message": faults::KEY});
    for (answer, fault) in [
        (sample!("zero-results").to_owned(), Fault::NotFound),
        (sample!("over-query-limit.constructed").to_owned(), Fault::Throttled),
        (sample!("request-denied").to_owned(), Fault::Misconfigured),
        (sample!("invalid-request").to_owned(), Fault::Invalid),
        (status("OVER_DAILY_LIMIT").to_string(), Fault::Misconfigured),
        (status("UNKNOWN_ERROR").to_string(), Fault::Unavailable),
        (status("REQUEST_DENIED").to_string(), Fault::Misconfigured),
        (status("FINE").to_string(), Fault::Garbled),
        (status("").to_string(), Fault::Garbled),
        // Nothing was found, whatever the status says.
        (status("OK").to_string(), Fault::NotFound),
        (r#"{"status":"OK"}"#.to_owned(), Fault::NotFound),
        ("{}".to_owned(), Fault::Garbled),
        ("null".to_owned(), Fault::Garbled),
        ("[]".to_owned(), Fault::Garbled),
        (r#"{"status":null,"results":null}"#.to_owned(), Fault::Garbled),
    ] {
        let errors = [
            located(answer.as_str()).await.unwrap_err(),
            centre("94608", answer.as_str()).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.fault(), fault, "{answer}: {error}");
            faults::tells_no_secret(&answer, &error);
        }
    }
}

#[tokio::test]
async fn a_pause_that_is_asked_for_is_told() {
    let reply = Reply::ok(sample!("over-query-limit.constructed")).with("retry-after", "9");
    let loopback = Loopback::giving([reply]).await;
    let google = google(&faults::options(&loopback));
    let error = google.zip_centre("94043".parse().unwrap(), &Allowance::unlimited()).await.unwrap_err();
    assert_eq!(error.pause(), Some(std::time::Duration::from_secs(9)));
}

#[tokio::test]
async fn what_is_no_house_in_the_zip_code_is_not_trusted() {
    type Change = fn(&mut Value);
    let not_trusted: [(&str, Change); 9] = [
        ("partial", |result| result["partial_match"] = json!(true)),
        ("partial as text", |result| result["partial_match"] = json!("true")),
        ("approximate", |result| result["geometry"]["location_type"] = json!("APPROXIMATE")),
        ("a street", |result| {
            result["geometry"]["location_type"] = json!("GEOMETRIC_CENTER");
            result["types"] = json!(["route"]);
        }),
        ("of unknown exactness", |result| result["geometry"]["location_type"] = json!(null)),
        ("another ZIP code", |result| result["address_components"][7]["short_name"] = json!("94040")),
        ("no ZIP code", |result| {
            result["address_components"].as_array_mut().unwrap().pop();
        }),
        ("a ZIP code that is none", |result| result["address_components"][7]["short_name"] = json!(94)),
        ("another country", |result| result["address_components"][6]["short_name"] = json!("DE")),
    ];
    for (what, change) in not_trusted {
        let error = located(house(change)).await.unwrap_err();
        assert_eq!(error.fault(), Fault::NotFound, "{what}");
    }
    let trusted: [Change; 5] = [
        |result| result["partial_match"] = json!(false),
        |result| result["geometry"]["location_type"] = json!("RANGE_INTERPOLATED"),
        |result| result["geometry"]["location_type"] = json!("GEOMETRIC_CENTER"),
        |result| result["address_components"][7]["short_name"] = json!("94043-1351"),
        |result| result["address_components"][7]["short_name"] = json!(94043),
    ];
    for change in trusted {
        assert!(located(house(change)).await.is_ok());
    }
    assert_eq!(located(sample!("ok.locality")).await.unwrap_err().fault(), Fault::NotFound);
    for (zip, answer) in [
        ("94043", sample!("ok.locality")),
        ("94043", sample!("ok.rooftop")),
        ("94043", sample!("ok.postal-code")),
    ] {
        assert_eq!(centre(zip, answer).await.unwrap_err().fault(), Fault::NotFound);
    }
}

#[tokio::test]
async fn a_place_is_on_earth_and_its_address_on_one_line() {
    for (lat, lng) in [
        (json!(null), json!(-122.0)),
        (json!(91), json!(0)),
        (json!(1e12), json!(0)),
        (json!(37.4), json!(-180.1)),
        (json!("north"), json!("west")),
    ] {
        let answer = house(|result| result["geometry"]["location"] = json!({"lat": lat, "lng": lng}));
        assert_eq!(located(answer).await.unwrap_err().fault(), Fault::Garbled);
    }
    let no_location = house(|result| result["geometry"]["location"] = json!({}));
    assert_eq!(located(no_location).await.unwrap_err().fault(), Fault::Garbled);
    let texts = house(|result| result["geometry"]["location"] = json!({"lat": "37.5", "lng": "-122"}));
    assert_eq!(located(texts).await.unwrap().location, GeoPoint::new(37.5, -122.0).unwrap());
    for (written, read) in [
        (json!("1 Elm\r\nSt\u{2028} A"), "1 Elm St A"),
        (json!(null), "1600 Amphitheatre Parkway, Mountain View, CA 94043"),
        (json!(" \n"), "1600 Amphitheatre Parkway, Mountain View, CA 94043"),
    ] {
        let answer = house(|result| result["formatted_address"] = written);
        assert_eq!(located(answer).await.unwrap().formatted_address, read);
    }
}

#[tokio::test]
async fn whatever_goes_wrong_is_sorted() {
    let asked = home("1600 Amphitheatre Parkway", "94043");
    faults::all("a home", &[], async |options| {
        google(&options).locate(&asked, &Allowance::unlimited()).await.map(drop)
    })
    .await;
    faults::all("a ZIP code", &[], async |options| {
        google(&options).zip_centre(asked.zip_code, &Allowance::unlimited()).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_probe_asks_for_the_centre_of_a_zip_code() {
    let postal_code = sample!("ok.postal-code").replace("94608", "94043");
    let good = Loopback::giving([Reply::ok(postal_code)]).await;
    let denying = Loopback::giving([Reply::ok(sample!("request-denied"))]).await;
    let (works, fails) = (google(&faults::options(&good)), google(&faults::options(&denying)));
    works.probe().await.unwrap();
    let [request] = good.asked().try_into().unwrap();
    assert_eq!(request.query("components"), Some("postal_code:94043|country:US"));
    contract::probe(&works, &fails).await;
    let denied =
        "Google Geocoding refuses the key, or its project may not use the Geocoding API (REQUEST_DENIED)";
    assert_eq!(fails.probe().await.unwrap_err().to_string(), denied);
    let busy = Loopback::giving([Reply::ok(sample!("over-query-limit.constructed"))]).await;
    let error = google(&faults::options(&busy)).probe().await.unwrap_err();
    assert_eq!(error.fault(), Fault::Throttled);
    assert!(error.to_string().contains("the quota is used up"), "{error}");
    faults::all_of_a_probe(|options| google(&options)).await;
}

#[tokio::test]
async fn what_is_not_allowed_or_cannot_be_asked_is_not_asked() {
    let loopback = Loopback::giving([Reply::ok(sample!("ok.rooftop"))]).await;
    let google = google(&faults::options(&loopback));
    let asked = home("1600 Amphitheatre Parkway", "94043");
    let none = allowances::none();
    let faults = [
        google.locate(&asked, &none).await.unwrap_err().fault(),
        google.zip_centre(asked.zip_code, &none).await.unwrap_err().fault(),
    ];
    assert_eq!(faults, [Fault::NotAllowed; 2]);
    let error = google.locate(&home(" ", "94043"), &Allowance::unlimited()).await.unwrap_err();
    assert_eq!(error.fault(), Fault::NotFound);
    assert!(loopback.asked().is_empty());
    let (allowance, counter) = allowances::of(5);
    google.locate(&asked, &allowance).await.unwrap();
    assert_eq!((counter.taken(), loopback.asked().len()), (1, 1));
}

#[tokio::test]
async fn google_keeps_the_contract_of_a_geocoder() {
    let loopback = Loopback::answering(|request| {
        let components = request.query("components").unwrap();
        match (components, request.query("address")) {
            ("postal_code:94043|country:US", Some(address)) if address.starts_with("1600") => {
                Reply::ok(sample!("ok.rooftop"))
            }
            ("postal_code:94043|country:US", None) => {
                Reply::ok(sample!("ok.postal-code").replace("94608", "94043"))
            }
            _ => Reply::ok(sample!("zero-results")),
        }
    })
    .await;
    let ask = contract::GeocoderQuestions {
        known: home("1600 Amphitheatre Parkway", "94043"),
        unknown: home("1 Nowhere", "94043"),
        unknown_zip: "00000".parse().unwrap(),
    };
    contract::geocoder(&google(&faults::options(&loopback)), &ask).await;
}

#[test]
fn nothing_secret_prints() {
    let printed = format!("{:?}", google(&HttpOptions::default()));
    assert!(!printed.contains(faults::KEY), "{printed}");
    assert!(printed.contains("maps.googleapis.com"), "{printed}");
    let options = HttpOptions { base_url: Some("nowhere".to_owned()), ..HttpOptions::default() };
    let error = GoogleGeocoding::new(faults::key(), &options).unwrap_err();
    assert!(error.to_string().contains("nowhere") && !error.to_string().contains(faults::KEY));
}
