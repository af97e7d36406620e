//! Addresses verified by QuickEmailVerification, asked on this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod allowances;
mod loopback;

use std::time::Duration;

use dripr_adapters::{
    http::{HttpOptions, UnusableApi},
    quick_email_verification::{QuickEmailVerification, QuickEmailVerificationOptions},
};
use dripr_core::{
    email::EmailAddress,
    errors::{Fault, PortResult},
    ports::{Allowance, EmailVerifier, Probe, Verification},
    testkit::contract,
};
use loopback::{Loopback, Reply, faults};
use serde_json::{Value, json};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("data/providers/quickemailverification/", $name, ".json"))
    };
}

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

fn verifier(http: HttpOptions, sandbox: bool) -> QuickEmailVerification {
    QuickEmailVerification::new(&faults::key(), &QuickEmailVerificationOptions { http, sandbox }).unwrap()
}

/// What is made of an answer about an address.
async fn verified(email: &str, answer: impl Into<Vec<u8>>) -> PortResult<Verification> {
    let loopback = Loopback::giving([Reply::ok(answer)]).await;
    verifier(faults::options(&loopback), false).verify(&address(email), &Allowance::unlimited()).await
}

fn unknown(reason: &str) -> Verification {
    Verification::Unknown { reason: reason.to_owned() }
}

fn unproven(reason: &str) -> Verification {
    Verification::Unproven { reason: reason.to_owned() }
}

fn undeliverable(reason: &str, did_you_mean: Option<&str>) -> Verification {
    Verification::Undeliverable { reason: reason.to_owned(), did_you_mean: did_you_mean.map(address) }
}

#[tokio::test]
async fn the_samples_are_understood() {
    for (email, answer, expected) in [
        (
            "richard@quickemailverification.com",
            sample!("verify.rejected"),
            undeliverable("its server knows no such mailbox", None),
        ),
        ("safe-to-send@example.com", sample!("verify.safe.constructed"), Verification::Deliverable),
        (
            "niki@example.com",
            sample!("verify.timeout.constructed"),
            unknown("its server did not answer in time"),
        ),
    ] {
        assert_eq!(verified(email, answer).await.unwrap(), expected);
        assert_eq!(verified(&email.to_uppercase(), answer).await.unwrap(), expected);
        let error = verified("another@example.com", answer).await.unwrap_err();
        assert_eq!(error.fault(), Fault::Garbled, "an answer about another address");
    }
}

#[tokio::test]
async fn what_counts_is_whether_it_is_safe_to_send() {
    for (answer, expected) in [
        (json!({"result": "valid", "safe_to_send": true}), Verification::Deliverable),
        (json!({"result": "Valid", "safe_to_send": "TRUE"}), Verification::Deliverable),
        (json!({"result": "valid", "safe_to_send": "false"}), unproven("mail to it may not be safe")),
        (json!({"result": "valid"}), unproven("mail to it may not be safe")),
        (
            json!({"result": "valid", "safe_to_send": "false", "accept_all": "true"}),
            unproven("its server takes mail for any mailbox"),
        ),
        (json!({"result": "unknown", "accept_all": true}), unproven("its server takes mail for any mailbox")),
        (
            json!({"result": "valid", "safe_to_send": null, "disposable": "true"}),
            unproven("it is one to be thrown away"),
        ),
        (json!({"result": "unknown", "reason": "no_connect"}), unknown("its server cannot be reached")),
        (json!({"result": "unknown", "reason": "<b>\n"}), unknown("the verifier tells no reason")),
        (json!({"result": "unknown", "reason": null}), unknown("the verifier tells no reason")),
        (json!({"success": "false", "message": "x"}), unknown("the verification failed")),
        (json!({"result": "", "success": false}), unknown("the verification failed")),
    ] {
        assert_eq!(verified("a@b.example", answer.to_string()).await.unwrap(), expected, "{answer}");
    }
    for (meant, told) in [
        (json!("a@bee.example"), Some("a@bee.example")),
        (json!("A@B.example"), None),
        (json!(""), None),
        (json!(null), None),
        (json!("not an address"), None),
        (json!("a@c.example\r\nBcc: d@e.example"), None),
    ] {
        let answer = json!({"result": "invalid", "reason": "no_mx_record", "did_you_mean": meant});
        let expected = undeliverable("its domain takes no mail", told);
        assert_eq!(verified("a@b.example", answer.to_string()).await.unwrap(), expected, "{answer}");
    }
    for answer in
        ["{}", "null", "[]", r#"{"result":"perhaps"}"#, r#"{"result":null}"#, r#"{"safe_to_send":"true"}"#]
    {
        let error = verified("a@b.example", answer).await.unwrap_err();
        assert_eq!(error.fault(), Fault::Garbled, "{answer}");
    }
}

#[tokio::test]
async fn the_key_stands_in_the_header_alone() {
    let loopback = Loopback::giving([Reply::ok(json!({"result": "unknown"}).to_string())]).await;
    let unlimited = Allowance::unlimited();
    for sandbox in [false, true] {
        let verifier = verifier(faults::options(&loopback), sandbox);
        verifier.verify(&address("o'neil+home&x=1@b.example"), &unlimited).await.unwrap();
    }
    let [real, sandbox] = loopback.asked().try_into().unwrap();
    assert_eq!((real.path.as_str(), sandbox.path.as_str()), ("/verify", "/verify/sandbox"));
    for request in [real, sandbox] {
        assert_eq!(request.method, "GET");
        assert_eq!(request.header("authorization"), Some(format!("token {}", faults::KEY).as_str()));
        assert_eq!(request.query, [("email".to_owned(), "o'neil+home&x=1@b.example".to_owned())]);
    }
}

#[tokio::test]
async fn no_credit_is_for_people() {
    let loopback =
        Loopback::giving([Reply::json(402, r#"{"success":"false","message":"Low credit"}"#)]).await;
    let verifier = verifier(faults::options(&loopback), false);
    let error = verifier.verify(&address("a@b.example"), &Allowance::unlimited()).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Misconfigured);
    assert!(error.to_string().contains("credit"), "{error}");
}

#[tokio::test]
async fn whatever_goes_wrong_is_sorted() {
    faults::all("an address", &[], async |options| {
        verifier(options, false).verify(&address("a@b.example"), &Allowance::unlimited()).await.map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_probe_takes_no_credit() {
    let good = Loopback::giving([Reply::ok(sample!("sandbox.valid"))]).await;
    let refusing =
        Loopback::giving([Reply::json(401, r#"{"success":"false","message":"Invalid key"}"#)]).await;
    for sandbox in [false, true] {
        let works = verifier(faults::options(&good), sandbox);
        contract::probe(&works, &verifier(faults::options(&refusing), sandbox)).await;
    }
    for request in good.asked() {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/verify/sandbox"));
        assert_eq!(request.header("authorization"), Some(format!("token {}", faults::KEY).as_str()));
        assert_eq!(request.query("email"), Some("valid@example.com"));
    }
    assert_eq!(good.asked().len(), 8, "a call for a probe");
    faults::all_of_a_probe(|options| verifier(options, false)).await;
}

#[tokio::test]
async fn a_probe_says_that_no_credit_is_left() {
    let probed = async |reply, sandbox| {
        let loopback = Loopback::giving([reply]).await;
        verifier(faults::options(&loopback), sandbox).probe().await
    };
    let left = |credits: &str| Reply::ok(sample!("sandbox.valid")).with("x-qev-remaining-credits", credits);
    for reply in [left("0"), left(" 0 "), Reply::json(402, r#"{"success":"false","message":"Low credit"}"#)] {
        let error = probed(reply, false).await.unwrap_err();
        assert_eq!(error.fault(), Fault::Misconfigured);
        let sentence = "QuickEmailVerification has no credit left for this key";
        assert!(error.to_string().starts_with(sentence), "{error}");
    }
    for credits in ["1", "25000", "-", "", "none"] {
        probed(left(credits), false).await.unwrap();
    }
    // Whoever asks the sandbox needs none.
    probed(left("0"), true).await.unwrap();
}

#[tokio::test]
async fn what_is_not_allowed_is_not_asked() {
    let loopback = Loopback::giving([Reply::ok(sample!("verify.safe.constructed"))]).await;
    let verifier = verifier(faults::options(&loopback), false);
    let error = verifier.verify(&address("a@b.example"), &allowances::none()).await.unwrap_err();
    assert_eq!((error.fault(), loopback.asked().len()), (Fault::NotAllowed, 0));
}

#[tokio::test]
async fn it_keeps_the_contract_of_a_verifier() {
    let loopback = Loopback::answering(|request| {
        let email = request.query("email").unwrap();
        let (result, reason, safe, accept_all) = match email.split('@').next().unwrap() {
            "good" => ("valid", "accepted_email", "true", "false"),
            "bad" => ("invalid", "rejected_email", "false", "false"),
            "any" => ("valid", "accepted_email", "false", "true"),
            _ => ("unknown", "timeout", "false", "false"),
        };
        let answer: Value = json!({
            "result": result, "reason": reason, "safe_to_send": safe, "accept_all": accept_all, "email": email,
        });
        Reply::ok(answer.to_string())
    })
    .await;
    let ask = contract::VerifierQuestions {
        deliverable: address("good@b.example"),
        undeliverable: address("bad@b.example"),
        unproven: Some(address("any@b.example")),
        unknown: Some(address("later@b.example")),
    };
    contract::email_verifier(&verifier(faults::options(&loopback), false), &ask).await;
}

#[test]
fn it_waits_long_and_nothing_secret_prints() {
    let options = QuickEmailVerificationOptions::default();
    assert!(options.http.timeout >= Duration::from_secs(30));
    let printed = format!("{options:?} {:?}", QuickEmailVerification::new(&faults::key(), &options).unwrap());
    assert!(
        !printed.contains(faults::KEY) && printed.contains("api.quickemailverification.com"),
        "{printed}"
    );
    let error = QuickEmailVerification::new(&"a\nb".into(), &options).unwrap_err();
    assert!(matches!(error, UnusableApi::Key { .. }));
}
