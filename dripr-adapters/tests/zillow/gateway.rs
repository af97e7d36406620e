//! RapidAPI's gateway: who asks, and what it refuses.

use std::{sync::Arc, time::Duration};

use dripr_adapters::{
    http::{HttpOptions, UnusableApi},
    zillow::{ZillowOptions, ZillowV1, ZillowV2},
};
use dripr_core::{
    errors::{Fault, PortError},
    ports::Allowance,
    testkit::ManualClock,
};

use crate::{
    BOTH, Service, day,
    loopback::{Loopback, Reply, faults},
    sample, subject, zip,
};

/// The errors that each question meets.
async fn errors(service: Service, reply: Reply) -> Vec<PortError> {
    let loopback = Loopback::giving([reply]).await;
    let zillow = service.on("2026-03-12", faults::options(&loopback));
    let (home, zip, today) = (subject("7 Elm St"), zip("78041"), day("2026-03-12"));
    let unlimited = Allowance::unlimited();
    vec![
        zillow.property(&home, today, &unlimited).await.unwrap_err(),
        zillow.active_listings(zip, today, 5, &unlimited).await.unwrap_err(),
        zillow.recent_sales(zip, today, 5, &unlimited).await.unwrap_err(),
        zillow.probe().await.unwrap_err(),
    ]
}

#[tokio::test]
async fn refusals_are_sorted_by_whose_fault_they_are() {
    let quota = || Reply::json(429, sample!("zillow-v1/error.429.constructed"));
    let often = || Reply::json(429, r#"{"message":"Too many requests"}"#);
    let reset = |reply: Reply, seconds: &str| reply.with("X-RateLimit-Requests-Reset", seconds);
    let left = |reply: Reply, calls: &str| reply.with("X-RateLimit-Requests-Remaining", calls);
    let used_up = "has no calls left in the plan of this key";
    let pause = "asks for a pause";
    let cases = [
        (
            Reply::json(401, r#"{"message":"Invalid API key."}"#),
            Fault::Misconfigured,
            "refuses the key",
            None,
        ),
        (
            Reply::json(403, r#"{"message":"You are not subscribed to this API."}"#),
            Fault::Misconfigured,
            "is not subscribed to",
            None,
        ),
        (Reply::json(403, "no"), Fault::Misconfigured, "does not allow this", None),
        (
            Reply::json(404, r#"{"message":"Endpoint '/x' does not exist"}"#),
            Fault::Misconfigured,
            "is not at RapidAPI",
            None,
        ),
        (
            Reply::json(404, r#"{"message":"API doesn't exists"}"#),
            Fault::Misconfigured,
            "is not at RapidAPI",
            None,
        ),
        (
            Reply::json(404, r#"{"message":"Property not found"}"#),
            Fault::NotFound,
            "has nothing at the address that was asked",
            None,
        ),
        (quota(), Fault::Throttled, used_up, None),
        (reset(quota(), "3600"), Fault::Throttled, used_up, Some(3_600)),
        (reset(quota(), "3600").with("retry-after", "60"), Fault::Throttled, used_up, Some(60)),
        // A month, and what is no number of seconds.
        (reset(quota(), "2163603"), Fault::Throttled, used_up, Some(86_400)),
        (reset(quota(), "99999999999999999999"), Fault::Throttled, used_up, None),
        (reset(quota(), "-5"), Fault::Throttled, used_up, None),
        (reset(quota(), "soon"), Fault::Throttled, used_up, None),
        (left(reset(often(), "3600"), "0"), Fault::Throttled, used_up, Some(3_600)),
        // Too many calls in a second are over long before the quota is renewed.
        (left(reset(often(), "2163603"), "417"), Fault::Throttled, pause, None),
        (reset(often(), "2163603").with("retry-after", "1"), Fault::Throttled, pause, Some(1)),
        (reset(Reply::json(429, "[]"), "3600"), Fault::Throttled, pause, None),
        (
            Reply::json(503, r#"{"messages":"The API is unreachable, please contact the API provider"}"#),
            Fault::Unavailable,
            "is down",
            None,
        ),
    ];
    for service in BOTH {
        for (reply, fault, what, seconds) in &cases {
            for error in errors(service, reply.clone()).await {
                assert_eq!(error.fault(), *fault, "{reply:?}: {error}");
                let name = format!("Zillow {service:?} (RapidAPI) {what}");
                assert!(error.to_string().starts_with(&name), "{error}");
                assert_eq!(error.pause(), seconds.map(Duration::from_secs), "{reply:?}: {error}");
                for word in ["Upgrade", "BASIC", "http", "contact", "Endpoint"] {
                    assert!(!error.to_string().contains(word), "{error}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_host_is_named_as_the_gateway_knows_it() {
    for service in BOTH {
        let loopback = Loopback::giving([Reply::json(404, "{}")]).await;
        let options = ZillowOptions {
            http: faults::options(&loopback),
            host: Some("zillow-com1.p.rapidapi.com".to_owned()),
            ..ZillowOptions::default()
        };
        let zillow = service.with(&options, "2026-03-12T12:00:00Z", None);
        let _ = zillow.probe().await;
        let [request] = loopback.asked().try_into().unwrap();
        assert_eq!(request.header("x-rapidapi-host"), Some("zillow-com1.p.rapidapi.com"));
    }
}

#[test]
fn nothing_secret_prints() {
    for (service, host) in BOTH.into_iter().zip(["zillow-com1.p.rapidapi.com", "zillow56.p.rapidapi.com"]) {
        let printed = format!("{:?}", service.on("2026-03-12", HttpOptions::default()));
        assert!(!printed.contains(faults::KEY), "{printed}");
        assert!(printed.contains(host), "{printed}");
    }
}

#[test]
fn what_cannot_be_asked_is_told_at_once() {
    let clock = Arc::new(ManualClock::at("2026-03-12T12:00:00Z".parse().unwrap()));
    let http = HttpOptions { base_url: Some("ftp://x".to_owned()), ..HttpOptions::default() };
    let nowhere = ZillowOptions { http, ..ZillowOptions::default() };
    let broken = "a\nb".into();
    let usual = ZillowOptions::default();
    assert!(matches!(ZillowV1::new(&faults::key(), clock.clone(), &nowhere), Err(UnusableApi::Url { .. })));
    assert!(matches!(ZillowV2::new(&faults::key(), clock.clone(), &nowhere), Err(UnusableApi::Url { .. })));
    assert!(matches!(ZillowV1::new(&broken, clock.clone(), &usual), Err(UnusableApi::Key { .. })));
    assert!(matches!(ZillowV2::new(&broken, clock, &usual), Err(UnusableApi::Key { .. })));
}
