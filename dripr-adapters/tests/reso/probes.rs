//! Whether an MLS would work.

use dripr_core::{
    errors::Fault,
    ports::{Allowance, Probe, PropertySource},
    testkit::contract,
};
use serde_json::json;

use crate::{
    access::{fetching, giving_tokens, paths},
    clock, day,
    loopback::{Loopback, Reply, faults},
    reso, sample, zip,
};

#[tokio::test]
async fn one_home_is_asked_for_as_other_questions_ask() {
    let good = Loopback::giving([Reply::ok(sample!("property.active.constructed"))]).await;
    let refusing = Loopback::giving([Reply::json(403, "{}")]).await;
    let (works, fails) = (reso(faults::options(&good)), reso(faults::options(&refusing)));
    works.probe().await.unwrap();
    let [request] = good.asked().try_into().unwrap();
    assert_eq!((request.path.as_str(), request.query("$top")), ("/Property", Some("1")));
    assert_eq!(request.query("$filter"), Some("PropertyType eq 'Residential'"));
    assert!(request.query("$select").unwrap().contains("InternetAutomatedValuationDisplayYN"));
    contract::probe(&works, &fails).await;
    assert_eq!(fails.probe().await.unwrap_err().to_string(), "the MLS refuses the token (HTTP 403)");
    faults::all_of_a_probe(reso).await;
}

#[tokio::test]
async fn an_answer_without_a_home_is_none() {
    for (answer, fault) in [
        (sample!("spec.collection").to_owned(), None),
        (json!({"value": []}).to_string(), Some(Fault::NotFound)),
        (json!({"value": [7]}).to_string(), Some(Fault::Garbled)),
        (json!({"value": null}).to_string(), Some(Fault::Garbled)),
    ] {
        let loopback = Loopback::giving([Reply::ok(answer.clone())]).await;
        let outcome = reso(faults::options(&loopback)).probe().await;
        assert_eq!(outcome.err().map(|error| error.fault()), fault, "{answer}");
    }
    let loopback = Loopback::giving([Reply::json(501, sample!("spec.error-501"))]).await;
    let error = reso(faults::options(&loopback)).probe().await.unwrap_err();
    assert_eq!(error.to_string(), "the MLS does not support the question (HTTP 501)");
}

#[tokio::test]
async fn a_token_is_fetched_for_each_probe_and_the_kept_one_stays() {
    let home = || Reply::ok(sample!("property.active.constructed"));
    let loopback = giving_tokens(|_| true, "", home).await;
    let reso = fetching(faults::options(&loopback), clock("2026-03-12"));
    let listings = async || {
        let (zip, today) = (zip("78734"), day("2026-03-12"));
        reso.active_listings(zip, today, 5, &Allowance::unlimited()).await.unwrap();
    };
    listings().await;
    reso.probe().await.unwrap();
    reso.probe().await.unwrap();
    listings().await;
    let (token, homes) = ("/oauth2/token", "/Property");
    assert_eq!(paths(&loopback), [token, homes, token, homes, token, homes, homes]);
    let asked = loopback.asked();
    assert_eq!(asked[6].header("authorization"), asked[1].header("authorization"));
    assert_ne!(asked[3].header("authorization"), asked[1].header("authorization"));
}

#[tokio::test]
async fn what_is_wrong_with_a_token_takes_two_calls_at_most() {
    let loopback = giving_tokens(|_| false, "", || Reply::ok("{}")).await;
    let error = fetching(faults::options(&loopback), clock("2026-03-12")).probe().await.unwrap_err();
    assert_eq!(error.to_string(), "the MLS refuses the token (HTTP 403)");
    faults::tells_no_secret("a probe", &error);
    assert_eq!(paths(&loopback), ["/oauth2/token", "/Property"]);
    for (status, body) in [(401, "{}"), (400, r#"{"error":"invalid_client"}"#)] {
        let loopback = Loopback::giving([Reply::json(status, body)]).await;
        let error = fetching(faults::options(&loopback), clock("2026-03-12")).probe().await.unwrap_err();
        let sentence = format!("the MLS's token service refuses the client credentials (HTTP {status})");
        assert_eq!((error.fault(), error.to_string()), (Fault::Misconfigured, sentence));
    }
    faults::all_of_a_probe(|options| fetching(options, clock("2026-03-12"))).await;
}
