//! What RentCast says when it refuses, and whether it would work.

use std::time::Duration;

use dripr_core::{
    errors::{Fault, PortError},
    ports::{Allowance, MarketSource, Probe, PropertySource},
};

use crate::{
    answering, day,
    loopback::{Reply, faults},
    nothing, query, sample, subject, zip,
};

/// The errors of all questions.
async fn errors(reply: Reply) -> Vec<PortError> {
    let (loopback, rentcast) = answering(reply).await;
    let (zip, today, unlimited) = (zip("78244"), day("2026-03-12"), Allowance::unlimited());
    let home = subject("5500 Grand Lake Dr");
    let errors = vec![
        rentcast.property(&home, today, &unlimited).await.unwrap_err(),
        rentcast.active_listings(zip, today, 5, &unlimited).await.unwrap_err(),
        rentcast.recent_sales(zip, today, 5, &unlimited).await.unwrap_err(),
        rentcast.statistics(zip, today, &unlimited).await.unwrap_err(),
        rentcast.probe().await.unwrap_err(),
    ];
    assert_eq!(loopback.asked().len(), 5, "each question is one call");
    errors
}

#[tokio::test]
async fn the_code_counts_for_more_than_the_status() {
    let (key, billing) = (sample!("error.401"), sample!("error.403.billing"));
    for (status, body, sentence) in [
        (401, key, "RentCast refuses the key (HTTP 401)"),
        (403, key, "RentCast refuses the key (HTTP 403)"),
        (401, billing, "RentCast says that the subscription of the key is not active (HTTP 401)"),
        (403, billing, "RentCast says that the subscription of the key is not active (HTTP 403)"),
        (401, "{}", "RentCast refuses the key (HTTP 401)"),
        (403, "{}", "RentCast does not allow this with this key (HTTP 403)"),
    ] {
        for error in errors(Reply::json(status, body)).await {
            assert_eq!((error.fault(), error.to_string().as_str()), (Fault::Misconfigured, sentence));
        }
    }
}

#[tokio::test]
async fn a_pause_is_a_second_at_least() {
    let limited = || Reply::json(429, sample!("error.429"));
    for (reply, seconds) in [
        (limited(), 1),
        (limited().with("retry-after", "0"), 1),
        (limited().with("retry-after", "30"), 30),
        (Reply::json(429, ""), 1),
        (Reply::json(403, sample!("error.429")), 1),
    ] {
        for error in errors(reply.clone()).await {
            assert_eq!(error.fault(), Fault::Throttled);
            assert_eq!(error.pause(), Some(Duration::from_secs(seconds)), "{reply:?}");
        }
    }
}

#[tokio::test]
async fn other_refusals_are_sorted_by_status() {
    let code = r#"{"status":0,"error":"server/internal","message":"5500 Grand Lake Dr"}"#;
    for (status, fault) in [
        (405, Fault::Invalid),
        (422, Fault::Invalid),
        (410, Fault::NotFound),
        (500, Fault::Unavailable),
        (504, Fault::Unavailable),
        (301, Fault::Garbled),
    ] {
        for error in errors(Reply::json(status, code)).await {
            assert_eq!(error.fault(), fault, "{status}");
        }
    }
}

#[tokio::test]
async fn what_rentcast_says_is_not_repeated() {
    for (status, body) in [
        (401, sample!("error.401")),
        (403, sample!("error.403.billing")),
        (429, sample!("error.429")),
        (500, sample!("error.400")),
    ] {
        for error in errors(Reply::json(status, body)).await {
            faults::tells_no_secret("a refusal", &error);
            let told = format!("{error} {error:?}");
            for said in [
                "1234 Main St",
                "could not be",
                "API key",
                "dashboard",
                "https:",
                "20 requests",
                "Grand Lake",
            ] {
                assert!(!told.contains(said), "{said}: {told}");
            }
        }
    }
}

#[tokio::test]
async fn a_probe_asks_once_for_homes_where_there_are_none() {
    for reply in [nothing(), Reply::ok("[]"), Reply::ok(sample!("listings-sale.array"))] {
        let (loopback, rentcast) = answering(reply).await;
        rentcast.probe().await.unwrap();
        let [request] = loopback.asked().try_into().unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/listings/sale"));
        assert_eq!(request.header("x-api-key"), Some(faults::KEY));
        assert_eq!(query(&request), [("zipCode", "00501"), ("limit", "1"), ("suppressLogging", "true")]);
    }
    // A wrong address answers 404 too.
    let (_loopback, rentcast) = answering(Reply::json(404, "Not Found")).await;
    assert_eq!(rentcast.probe().await.unwrap_err().fault(), Fault::NotFound);
    let (_loopback, rentcast) = answering(Reply::json(400, sample!("error.400"))).await;
    assert_eq!(rentcast.probe().await.unwrap_err().fault(), Fault::Invalid);
}
