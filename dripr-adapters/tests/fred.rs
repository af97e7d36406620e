//! The mortgage rate from FRED, asked for on this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod allowances;
mod loopback;

use chrono::{Days, NaiveDate};
use dripr_adapters::{fred::Fred, http::HttpOptions};
use dripr_core::{
    content::MortgageRate,
    errors::{Fault, PortResult},
    ports::{Allowance, MortgageRateSource, Probe},
    testkit::contract,
};
use loopback::{Loopback, Reply, faults};
use serde_json::{Value, json};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("data/providers/fred/", $name, ".json"))
    };
}

const SOURCE: &str = "Freddie Mac, Primary Mortgage Market Survey, via FRED";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn fred(options: &HttpOptions) -> Fred {
    Fred::new(faults::key(), options).unwrap()
}

/// What is made of an answer on a day.
async fn rate(as_of: &str, reply: Reply) -> PortResult<MortgageRate> {
    let loopback = Loopback::giving([reply]).await;
    fred(&faults::options(&loopback)).rate(day(as_of), &Allowance::unlimited()).await
}

/// An answer with these observations.
fn observations(weeks: &[(&str, Value)]) -> Reply {
    let weeks: Vec<Value> = weeks.iter().map(|(date, value)| json!({"date": date, "value": value})).collect();
    Reply::ok(json!({"count": weeks.len(), "observations": weeks}).to_string())
}

#[tokio::test]
async fn the_latest_week_is_given_and_missing_values_are_passed_over() {
    let given = |as_of| rate(as_of, Reply::ok(sample!("observations.MORTGAGE30US.constructed")));
    let expected = MortgageRate {
        percent: 6.16,
        as_of: day("2026-01-08"),
        change_month: None,
        change_year: None,
        source: SOURCE.to_owned(),
    };
    assert_eq!(given("2026-01-12").await.unwrap(), expected);
    assert_eq!(given("2026-01-08").await.unwrap(), expected);
    // A server that forgets `observation_end` tells nothing of the future; the "." of New Year's Eve is no rate.
    let earlier = given("2026-01-07").await.unwrap();
    assert_eq!((earlier.percent, earlier.as_of), (6.18, day("2025-12-24")));
    assert_eq!(given("2025-12-23").await.unwrap_err().fault(), Fault::NotFound);
    // The next year knows nothing of this one.
    assert_eq!(given("2027-01-12").await.unwrap_err().fault(), Fault::NotFound);
}

#[tokio::test]
async fn another_series_in_another_order_is_read_alike() {
    let given = rate("2023-04-20", Reply::ok(sample!("observations.HQMCB10YR.partial"))).await.unwrap();
    let expected = MortgageRate {
        percent: 4.92,
        as_of: day("2023-04-01"),
        change_month: Some(-0.26),
        change_year: None,
        source: SOURCE.to_owned(),
    };
    assert_eq!(given, expected);
}

#[tokio::test]
async fn changes_are_against_four_weeks_and_a_year_before() {
    let weeks = [
        ("2026-03-12", json!("6.11")),
        ("2026-03-05", json!("6.00")),
        ("2026-02-12", json!("6.09")),
        ("2026-02-05", json!("5.00")),
        ("2025-03-13", json!("6.65")),
        ("2025-03-06", json!("6.63")),
    ];
    let given = rate("2026-03-15", observations(&weeks)).await.unwrap();
    assert_eq!((given.percent, given.change_month, given.change_year), (6.11, Some(0.02), Some(-0.54)));
    // A missing week is stood in for by the one before, and not by one of long ago.
    let mut missing = weeks.clone();
    missing[2].1 = json!(".");
    let given = rate("2026-03-15", observations(&missing)).await.unwrap();
    assert_eq!(given.change_month, Some(1.11));
    let given = rate("2026-03-15", observations(&weeks[..2])).await.unwrap();
    assert_eq!((given.change_month, given.change_year), (None, None));
}

#[tokio::test]
async fn what_is_no_rate_of_lately_is_passed_over() {
    for value in [
        json!("."),
        json!(""),
        json!(null),
        json!("-6.5"),
        json!("0"),
        json!("1000000000000"),
        json!(1e12),
        json!("NaN"),
        json!([]),
    ] {
        let weeks = [("2026-03-12", value.clone()), ("2026-03-05", json!("6.5"))];
        let given = rate("2026-03-12", observations(&weeks)).await.unwrap();
        assert_eq!(given.as_of, day("2026-03-05"), "{value}");
        let error = rate("2026-03-12", observations(&weeks[..1])).await.unwrap_err();
        assert_eq!(error.fault(), Fault::NotFound, "{value}");
    }
    // A number is as good as a text.
    assert_eq!(rate("2026-03-12", observations(&[("2026-03-12", json!(6.5))])).await.unwrap().percent, 6.5);
    for date in ["0001-01-01", "2026-03-13", "9999-12-31", "2026-01-10", "2026-02-30", "lately", ""] {
        let error = rate("2026-03-12", observations(&[(date, json!("6.5"))])).await.unwrap_err();
        assert_eq!(error.fault(), Fault::NotFound, "{date}");
    }
    for (answer, fault) in [
        (r#"{"observations":[]}"#, Fault::NotFound),
        (r#"{"observations":[{}]}"#, Fault::NotFound),
        (r#"{"observations":[{"date":null,"value":null}]}"#, Fault::NotFound),
        (r#"{"observations":null}"#, Fault::Garbled),
        (r#"{"seriess":[]}"#, Fault::Garbled),
        ("{}", Fault::Garbled),
        ("[]", Fault::Garbled),
        ("null", Fault::Garbled),
    ] {
        assert_eq!(rate("2026-03-12", Reply::ok(answer)).await.unwrap_err().fault(), fault, "{answer}");
    }
}

#[tokio::test]
async fn one_call_asks_for_the_weeks_of_more_than_a_year() {
    let loopback = Loopback::giving([observations(&[("2026-03-12", json!("6.5"))])]).await;
    let (allowance, counter) = allowances::of(5);
    fred(&faults::options(&loopback)).rate(day("2026-03-12"), &allowance).await.unwrap();
    assert_eq!(counter.taken(), 1);
    let [request] = loopback.asked().try_into().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/series/observations"));
    let query: Vec<(&str, &str)> =
        request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        query,
        [
            ("series_id", "MORTGAGE30US"),
            ("file_type", "json"),
            ("sort_order", "desc"),
            ("observation_start", "2025-01-02"),
            ("observation_end", "2026-03-12"),
            ("api_key", faults::KEY),
        ]
    );
    assert!(request.headers.iter().all(|(_, value)| !value.contains(faults::KEY)), "{request:?}");
}

#[tokio::test]
async fn a_key_that_fred_does_not_know_is_for_people() {
    let complaint = sample!("error.400.constructed");
    for (reply, fault) in [
        (Reply::json(400, complaint), Fault::Misconfigured),
        (Reply::json(400, complaint.replace("api_key", "limit")), Fault::Invalid),
        (Reply::json(400, ""), Fault::Invalid),
        (Reply::json(423, "{}"), Fault::Unavailable),
        (Reply::json(500, complaint), Fault::Unavailable),
    ] {
        let error = rate("2026-03-12", reply.clone()).await.unwrap_err();
        assert_eq!(error.fault(), fault, "{reply:?}");
        faults::tells_no_secret("a key", &error);
    }
}

#[tokio::test]
async fn whatever_goes_wrong_is_sorted() {
    faults::all("a rate", &[], async |options| {
        fred(&options).rate(day("2026-03-12"), &Allowance::unlimited()).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_probe_asks_for_one_observation() {
    let good = Loopback::giving([Reply::ok(sample!("observations.MORTGAGE30US.constructed"))]).await;
    let refusing = Loopback::giving([Reply::json(400, sample!("error.400.constructed"))]).await;
    let (works, fails) = (fred(&faults::options(&good)), fred(&faults::options(&refusing)));
    works.probe().await.unwrap();
    let [request] = good.asked().try_into().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/series/observations"));
    assert_eq!((request.query("limit"), request.query("sort_order")), (Some("1"), Some("desc")));
    contract::probe(&works, &fails).await;
    for answer in [r#"{"observations":[]}"#, r#"{"observations":[{"value":"6.5"}]}"#] {
        let loopback = Loopback::giving([Reply::ok(answer)]).await;
        let error = fred(&faults::options(&loopback)).probe().await.unwrap_err();
        assert_eq!(error.fault(), Fault::NotFound, "{answer}");
    }
    faults::all_of_a_probe(|options| fred(&options)).await;
}

#[tokio::test]
async fn a_probe_says_what_is_wrong() {
    let asked = async |reply| {
        let loopback = Loopback::giving([reply]).await;
        fred(&faults::options(&loopback)).probe().await.unwrap_err().to_string()
    };
    for (reply, sentence) in [
        (Reply::json(400, sample!("error.400.constructed")), "FRED refuses the key (HTTP 400)"),
        (Reply::json(402, "{}"), "FRED has no credit left for this key (HTTP 402)"),
        (Reply::json(404, "{}"), "FRED has nothing at the address that was asked (HTTP 404)"),
        (
            Reply::json(429, "{}"),
            "FRED asks for a pause: it was asked too often, or the quota is used up (HTTP 429)",
        ),
        (Reply::json(503, "{}"), "FRED is down (HTTP 503)"),
    ] {
        assert_eq!(asked(reply).await, sentence);
    }
    // Who listens nowhere is told from who has no such name.
    let reached = async |base_url: &str| {
        let options = HttpOptions { base_url: Some(base_url.to_owned()), ..HttpOptions::default() };
        fred(&options).probe().await.unwrap_err().to_string()
    };
    let error = reached(&loopback::nowhere()).await;
    assert!(error.starts_with("FRED cannot be reached: ") && error.contains("refused"), "{error}");
    let error = reached("http://no-such-host.invalid").await;
    assert!(error.starts_with("FRED cannot be reached: ") && !error.contains("refused"), "{error}");
    assert!(!error.contains("sending request"), "{error}");
}

#[tokio::test]
async fn what_is_not_allowed_is_not_asked() {
    let loopback = Loopback::giving([observations(&[("2026-03-12", json!("6.5"))])]).await;
    let fred = fred(&faults::options(&loopback));
    let error = fred.rate(day("2026-03-12"), &allowances::none()).await.unwrap_err();
    assert_eq!(error.fault(), Fault::NotAllowed);
    assert!(loopback.asked().is_empty());
}

#[tokio::test]
async fn fred_keeps_the_contract_of_a_rate_source() {
    let first = day("2024-01-04");
    let loopback = Loopback::answering(move |request| {
        let asked = |name| day(request.query(name).unwrap());
        let weeks: Vec<Value> = (0..120)
            .map(|week| (week, first + Days::new(7 * week)))
            .filter(|(_, day)| (asked("observation_start")..=asked("observation_end")).contains(day))
            .map(|(week, day)| {
                let value = format!("{:.2}", 6.0 + (week % 10) as f64 / 20.0);
                json!({"date": day.to_string(), "value": if week % 13 == 12 { "." } else { &value }})
            })
            .rev()
            .collect();
        Reply::ok(json!({"observations": weeks}).to_string())
    })
    .await;
    let fred = fred(&faults::options(&loopback));
    for as_of in ["2024-01-04", "2024-01-20", "2025-03-20", "2025-06-12", "2026-04-30"] {
        contract::mortgage_rate_source(&fred, day(as_of), Some(day("2024-01-03"))).await;
    }
}

#[test]
fn nothing_secret_prints() {
    let printed = format!("{:?}", fred(&HttpOptions::default()));
    assert!(!printed.contains(faults::KEY), "{printed}");
    assert!(printed.contains("api.stlouisfed.org"), "{printed}");
}
