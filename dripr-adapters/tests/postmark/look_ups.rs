//! Asking Postmark whether it has an email.

use std::time::Duration;

use dripr_core::{
    ports::{LookUp, Mailer},
    testkit::samples,
};
use serde_json::{Value, json};

use crate::{
    answering, faults,
    loopback::{Loopback, Reply},
    mailer, message, outgoing, sample,
};

/// What is made of an answer about the email `018f`.
async fn found(reply: Reply) -> LookUp {
    let (loopback, mailer) = answering(reply).await;
    let found = mailer.look_up(&samples::inquiry(&outgoing("018f", message()))).await;
    let asked = loopback.asked();
    assert_eq!(asked.len(), 1);
    let query: Vec<_> = asked[0].query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(query, [("count", "1"), ("offset", "0"), ("metadata_dripr_email_id", "018f")]);
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("GET", "/messages/outbound"));
    assert_eq!(asked[0].header("x-postmark-server-token"), Some(faults::KEY));
    found
}

/// The recorded form of a search, changed.
async fn changed(change: impl FnOnce(&mut Value)) -> LookUp {
    let mut answer = serde_json::from_str(sample!("outbound-search.constructed")).unwrap();
    change(&mut answer);
    found(Reply::ok(answer.to_string())).await
}

#[tokio::test]
async fn an_email_is_there_if_what_came_back_is_what_was_asked_for() {
    let there =
        LookUp::Accepted { provider_message_id: Some("0ac29aee-e1cd-480d-b08d-4f48548ff48d".to_owned()) };
    assert_eq!(changed(|_| {}).await, there);
    assert_eq!(changed(|answer| answer["TotalCount"] = "1".into()).await, there);
    assert_eq!(changed(|answer| answer["TotalCount"] = 2.into()).await, there);
    let nameless = LookUp::Accepted { provider_message_id: None };
    assert_eq!(changed(|answer| answer["Messages"][0]["MessageID"] = Value::Null).await, nameless);
}

#[tokio::test]
async fn it_is_missing_only_if_postmark_found_nothing_at_all() {
    for answer in [json!({"TotalCount": 0, "Messages": []}), json!({"TotalCount": "0", "Messages": []})] {
        assert_eq!(found(Reply::ok(answer.to_string())).await, LookUp::NotAccepted);
    }
    for id in ["018", "018F", "018f.1", "018f ", ""] {
        let other = changed(|answer| answer["Messages"][0]["Metadata"]["dripr_email_id"] = id.into()).await;
        // White space around a value says nothing.
        if id.trim() != "018f" {
            assert_eq!(other, LookUp::CannotTell, "{id:?}");
        }
    }
    for answer in [
        json!({}),
        json!([]),
        json!(null),
        json!({"TotalCount": 0}),
        json!({"TotalCount": 0, "Messages": null}),
        json!({"TotalCount": 0, "Messages": {}}),
        json!({"TotalCount": 0, "Messages": [{}]}),
        json!({"TotalCount": 1, "Messages": []}),
        json!({"TotalCount": 1, "Messages": [null]}),
        json!({"TotalCount": 1, "Messages": [{"MessageID": "m"}]}),
        json!({"TotalCount": 1, "Messages": [{"MessageID": "m", "Metadata": ["018f"]}]}),
        json!({"TotalCount": null, "Messages": []}),
        json!({"TotalCount": -1, "Messages": []}),
        json!({"TotalCount": "none", "Messages": []}),
        json!({"Messages": []}),
    ] {
        assert_eq!(found(Reply::ok(answer.to_string())).await, LookUp::CannotTell, "{answer}");
    }
}

#[tokio::test]
async fn any_trouble_leaves_it_open() {
    let empty = r#"{"TotalCount":0,"Messages":[]}"#;
    for status in [302, 400, 401, 403, 404, 406, 408, 422, 429, 500, 502, 503, 504] {
        assert_eq!(found(Reply::json(status, empty)).await, LookUp::CannotTell, "{status}");
    }
    for reply in [
        Reply::Reset,
        Reply::Truncated(empty.into()),
        Reply::Endless(100 << 20),
        Reply::ok(""),
        Reply::ok(format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
    ] {
        assert_eq!(found(reply).await, LookUp::CannotTell);
    }
    let loopback = Loopback::giving([Reply::Silence]).await;
    let mut options = faults::options(&loopback);
    options.timeout = Duration::from_millis(50);
    let inquiry = samples::inquiry(&outgoing("018f", message()));
    assert_eq!(mailer(options).look_up(&inquiry).await, LookUp::CannotTell);
}
