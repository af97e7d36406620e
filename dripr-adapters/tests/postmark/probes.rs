//! Whether Postmark would work.

use dripr_adapters::postmark::{PostmarkMailer, PostmarkOptions};
use dripr_core::{errors::Fault, ports::Probe, testkit::contract};

use crate::{allowances, answering, faults, imitation::postmark, loopback::Reply, mailer};

#[tokio::test]
async fn it_keeps_the_contract_of_a_probe() {
    let (loopback, log) = postmark().await;
    let options = PostmarkOptions {
        http: faults::options(&loopback),
        allowance: allowances::none(),
        ..PostmarkOptions::default()
    };
    let works = PostmarkMailer::new(&faults::key(), options.clone()).unwrap();
    let fails = PostmarkMailer::new(&"another token".into(), options).unwrap();
    contract::probe(&works, &fails).await;
    assert!(log.taken().is_empty());
    for request in loopback.asked() {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/messages/outbound"));
        assert_eq!((request.query("count"), request.query("offset")), (Some("1"), Some("0")));
    }
}

#[tokio::test]
async fn whatever_goes_wrong_is_sorted() {
    faults::all_of_a_probe(mailer).await;
}

#[tokio::test]
async fn a_token_that_is_refused_is_for_people_whatever_the_status() {
    for status in [401, 422] {
        let reply = Reply::json(status, r#"{"ErrorCode":10,"Message":"No Account or Server API tokens"}"#);
        let error = answering(reply).await.1.probe().await.unwrap_err();
        let sentence = format!("Postmark refuses the server token (HTTP {status})");
        assert_eq!((error.fault(), error.to_string()), (Fault::Misconfigured, sentence));
    }
}

#[tokio::test]
async fn something_else_than_a_search_does_not_pass() {
    for body in ["[]", "{}", r#"{"TotalCount":null,"Messages":[]}"#, r#"{"Messages":[]}"#] {
        let (_loopback, mailer) = answering(Reply::ok(body)).await;
        assert_eq!(mailer.probe().await.unwrap_err().fault(), Fault::Garbled, "{body}");
    }
}
