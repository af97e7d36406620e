//! Alerts to a program, at a loopback server that takes, refuses, leads elsewhere and hangs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod loopback;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use dripr_adapters::{alert_webhook::AlertWebhook, http::HttpOptions};
use dripr_core::{
    alerts::{Alert, Route, What, Word},
    errors::Fault,
    ports::AlertRoute,
    testkit::ManualClock,
};
use serde_json::json;

use loopback::{Loopback, Reply, nowhere};

fn word() -> Word {
    Word {
        id: "alert.dead_letters.1.raised".to_owned(),
        alert: Alert::DeadLetters,
        what: What::Raised,
        at: "2026-03-12T15:00:00Z".parse().unwrap(),
        since: "2026-03-12T15:00:00Z".parse().unwrap(),
        detail: "2 deliveries \"\u{1F4A5}\"".to_owned(),
        to: BTreeSet::from([Route::Webhook]),
    }
}

fn webhook(url: &str, secret: Option<&str>) -> AlertWebhook {
    let clock = Arc::new(ManualClock::at("2026-03-12T15:01:00Z".parse().unwrap()));
    let options = HttpOptions { timeout: Duration::from_millis(500), ..HttpOptions::default() };
    AlertWebhook::new(url, secret.map(Into::into).as_ref(), options, clock).unwrap()
}

#[tokio::test]
async fn a_word_comes_whole_and_signed_at_the_very_address() {
    let server = Loopback::answering(|_| Reply::json(204, "")).await;
    for (url, path) in [("/hooks/a?to=ops/1", "/hooks/a"), ("/hooks/", "/hooks/"), ("/a", "/a"), ("", "/")] {
        let url = format!("{}{url}", server.base_url);
        webhook(&url, Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).tell(&word()).await.unwrap();
        let asked = server.asked().last().cloned().unwrap();
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", path));
        assert_eq!(asked.header("content-type"), Some("application/json"));
        assert_eq!(asked.header("webhook-id"), Some("alert.dead_letters.1.raised"));
        assert_eq!(asked.header("webhook-timestamp"), Some("1773327660"));
        assert!(asked.header("webhook-signature").unwrap().starts_with("v1,"));
        let data = json!({
            "alert": "dead_letters",
            "title": "deliveries were parked",
            "since": "2026-03-12T15:00:00+00:00",
            "detail": "2 deliveries \"\u{1F4A5}\"",
        });
        let body = json!({ "type": "alert.raised", "timestamp": "2026-03-12T15:00:00+00:00", "data": data });
        assert_eq!(asked.json(), body);
    }
    assert_eq!(server.asked()[0].query("to"), Some("ops/1"));
    webhook(&server.base_url, None).tell(&word()).await.unwrap();
    assert_eq!(server.asked().last().unwrap().header("webhook-signature"), None);
}

#[tokio::test]
async fn what_is_not_taken_is_an_error_and_nobody_is_led_elsewhere() {
    let elsewhere = Loopback::answering(|_| Reply::ok("")).await;
    let target = elsewhere.base_url.clone();
    for (reply, fault) in [
        (Reply::json(500, "no"), Fault::Unavailable),
        (Reply::json(410, "no"), Fault::NotFound),
        (Reply::json(401, "no"), Fault::Misconfigured),
        (Reply::json(307, "").with("location", target), Fault::Misconfigured),
        (Reply::Reset, Fault::Unavailable),
        (Reply::Silence, Fault::Unavailable),
    ] {
        let server = Loopback::answering(move |_| reply.clone()).await;
        let error = webhook(&format!("{}/s3cret", server.base_url), None).tell(&word()).await.unwrap_err();
        assert_eq!(error.fault(), fault, "{error}");
        assert!(!error.to_string().contains("s3cret") && !error.to_string().contains("127.0.0.1"), "{error}");
    }
    let error = webhook(&nowhere(), None).tell(&word()).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Unavailable);
    assert!(elsewhere.asked().is_empty());
}
