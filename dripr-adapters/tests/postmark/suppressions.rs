//! Reading Postmark's list of whom it delivers nothing to.

use dripr_adapters::{
    http::HttpOptions,
    postmark::{PostmarkSuppressions, SuppressionOptions},
};
use dripr_core::{
    email::SuppressionCause,
    errors::Fault,
    ports::{ListedSuppression, SuppressionList},
};
use serde_json::{Value, json};

use crate::{
    allowances, faults,
    imitation::postmark,
    loopback::{Loopback, Reply},
    sample,
};

fn list(http: HttpOptions) -> PostmarkSuppressions {
    // As usual, but for what each test says.
    let http = HttpOptions { most_bytes: SuppressionOptions::default().http.most_bytes, ..http };
    PostmarkSuppressions::new(&faults::key(), SuppressionOptions { http, ..SuppressionOptions::default() })
        .unwrap()
}

async fn listed(answer: Value) -> Result<Vec<ListedSuppression>, Fault> {
    let loopback = Loopback::giving([Reply::ok(answer.to_string())]).await;
    list(faults::options(&loopback)).suppressed().await.map_err(|error| {
        faults::tells_no_secret("the list", &error);
        assert!(!error.to_string().contains('@'), "{error}");
        error.fault()
    })
}

fn entry(address: &str, cause: SuppressionCause, since: Option<&str>) -> ListedSuppression {
    let since = since.map(|since| since.parse().unwrap());
    ListedSuppression { address: address.parse().unwrap(), cause, since }
}

#[tokio::test]
async fn the_list_is_read_as_postmark_writes_it() {
    let loopback = Loopback::giving([Reply::ok(sample!("suppressions.dump"))]).await;
    let (allowance, calls) = allowances::of(1);
    let options = SuppressionOptions {
        http: faults::options(&loopback),
        message_stream: "reports-2".to_owned(),
        allowance,
    };
    let list = PostmarkSuppressions::new(&faults::key(), options).unwrap();
    let since = Some("2019-12-17T13:58:33Z");
    let wanted = [
        entry("address@wildbit.com", SuppressionCause::OptOut, since),
        entry("bounce.address@wildbit.com", SuppressionCause::HardBounce, since),
        entry("spam.complaint.address@wildbit.com", SuppressionCause::Complaint, since),
    ];
    assert_eq!(list.suppressed().await.unwrap(), wanted);
    let asked = loopback.asked();
    assert_eq!((asked.len(), calls.taken()), (1, 1));
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str(), asked[0].query.as_slice()),
        ("GET", "/message-streams/reports-2/suppressions/dump", &[][..])
    );
    assert_eq!(asked[0].header("x-postmark-server-token"), Some(faults::KEY));
    assert_eq!(list.suppressed().await.unwrap_err().fault(), Fault::NotAllowed, "no call is left");
    assert_eq!(loopback.asked().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_costs_no_other_address() {
    let odd = json!({"Suppressions": [
        null, 5, "kim@home.example", ["kim@home.example"], {}, {"EmailAddress": null},
        {"EmailAddress": "no address", "SuppressionReason": "HardBounce"},
        {"EmailAddress": "a@home.example"},
        {"EmailAddress": "b@home.example", "SuppressionReason": "SomethingNew", "CreatedAt": "yesterday"},
        {"EmailAddress": " c@home.example ", "SuppressionReason": ["HardBounce"], "CreatedAt": 5},
        {"EmailAddress": "d@home.example", "SuppressionReason": "HardBounce",
            "CreatedAt": "2026-03-12T15:00:01.5813997-05:00", "More": {"Than": "that"}},
    ], "More": []});
    let wanted = vec![
        entry("a@home.example", SuppressionCause::OptOut, None),
        entry("b@home.example", SuppressionCause::OptOut, None),
        entry("c@home.example", SuppressionCause::OptOut, None),
        entry("d@home.example", SuppressionCause::HardBounce, Some("2026-03-12T20:00:01.5813997Z")),
    ];
    assert_eq!(listed(odd).await, Ok(wanted));
    assert_eq!(listed(json!({"Suppressions": []})).await, Ok(Vec::new()));
    let nobody = json!({"Suppressions": [{"EmailAddress": "no address"}]});
    assert_eq!(listed(nobody).await, Ok(Vec::new()), "to which dripr never writes");
}

#[tokio::test]
async fn something_else_than_a_list_is_no_empty_one() {
    for answer in [
        json!({}),
        json!(null),
        json!([]),
        json!("kim@home.example"),
        json!({"Suppressions": null}),
        json!({"Suppressions": {}}),
        json!({"Suppressions": "kim@home.example"}),
        json!({"Suppressions": ["kim@home.example"]}),
        json!({"Suppressions": [{"Email": "kim@home.example"}]}),
    ] {
        assert_eq!(listed(answer.clone()).await, Err(Fault::Garbled), "{answer}");
    }
}

#[tokio::test]
async fn a_long_list_is_read_whole() {
    let entries: Vec<Value> = (0..100_000)
        .map(|n| {
            json!({"EmailAddress": format!("somebody{n}@home.example"), "SuppressionReason": "ManualSuppression",
                "Origin": "Recipient", "CreatedAt": "2019-12-17T08:58:33-05:00"})
        })
        .collect();
    assert_eq!(listed(json!({"Suppressions": entries})).await.unwrap().len(), 100_000);
}

#[tokio::test]
async fn whatever_goes_wrong_is_sorted() {
    faults::all("the list", &[], async |options| list(options).suppressed().await.map(|_| ())).await;
}

#[tokio::test]
async fn a_token_that_is_refused_is_for_people_whatever_the_status() {
    for status in [401, 422] {
        let body = r#"{"ErrorCode":10,"Message":"No Account or Server API tokens"}"#;
        let loopback = Loopback::giving([Reply::json(status, body)]).await;
        let error = list(faults::options(&loopback)).suppressed().await.unwrap_err();
        let sentence = format!("Postmark refuses the server token (HTTP {status})");
        assert_eq!((error.fault(), error.to_string()), (Fault::Misconfigured, sentence));
    }
}

#[tokio::test]
async fn the_imitation_has_a_list_too() {
    let (loopback, log) = postmark().await;
    log.suppress("kim@home.example", "SpamComplaint", "2026-03-12T15:00:00Z");
    let wanted = [entry("kim@home.example", SuppressionCause::Complaint, Some("2026-03-12T15:00:00Z"))];
    assert_eq!(list(faults::options(&loopback)).suppressed().await.unwrap(), wanted);
}
