//! Tries that fail, endpoints that are slow or gone, and the loop of the program.

use std::sync::{Arc, Condvar, Mutex};

use dripr_core::ports::Clock;
use dripr_server::{compose, webhooks};
use serde_json::json;
use tokio::sync::watch;

use crate::{
    asked,
    asking::{get, operator, patch, post},
    deliver, deliveries,
    loopback::{Loopback, Reply},
    nearby,
    site::{Site, at},
    verified, webhook,
};

async fn trial(site: &Site, key: &str, id: &str) -> String {
    let answer = post(site, &format!("/webhooks/{id}/test"), key, json!({})).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["message_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_fails_is_tried_again_under_the_same_id_and_signed_anew() {
    let site = nearby().await;
    let key = operator(&site).await;
    let replies =
        [Reply::json(500, ""), Reply::Reset, Reply::json(307, "").with("location", "/else"), Reply::ok("")];
    let server = Loopback::giving(replies).await;
    let (id, secret) = webhook(&site, &key, &server.base_url, &["email.sent"]).await;
    let message = trial(&site, &key, &id).await;
    let later = |seconds| site.clock.set(site.clock.now() + chrono::TimeDelta::seconds(seconds));
    for (pause, tried) in [(0, 1), (4, 0), (2, 1), (299, 0), (32, 1), (1_700, 0), (300, 1), (100_000, 0)] {
        later(pause);
        assert_eq!(deliver(&site).await, tried, "after {pause} s");
    }
    let asked = server.asked();
    assert_eq!(asked.len(), 4);
    assert!(
        asked.iter().all(|request| request.header("webhook-id") == Some(&message) && request.path == "/")
    );
    let stamps: std::collections::BTreeSet<_> =
        asked.iter().map(|request| request.header("webhook-timestamp")).collect();
    assert_eq!(stamps.len(), 4);
    site.clock.set(site.clock.now() - chrono::TimeDelta::seconds(100_000));
    assert_eq!(verified(&asked[3], &secret, &site), Ok(()));
    let known = deliveries(&site, &key, &id).await;
    let attempts = known[0]["attempts"].as_array().unwrap();
    let came: Vec<_> =
        attempts.iter().map(|attempt| (attempt["status"].clone(), attempt["problem"].clone())).collect();
    let broken = json!("the connection broke off");
    let null = json!(null);
    assert_eq!(
        came,
        [(json!(500), null.clone()), (null.clone(), broken), (json!(307), null.clone()), (json!(200), null)]
    );
    assert_eq!(known[0]["outcome"], "delivered");
}

#[tokio::test]
async fn a_wish_to_wait_is_heeded() {
    let site = nearby().await;
    let key = operator(&site).await;
    let server = Loopback::giving([Reply::json(503, "").with("retry-after", "600"), Reply::ok("")]).await;
    let (id, _) = webhook(&site, &key, &server.base_url, &["email.sent"]).await;
    trial(&site, &key, &id).await;
    deliver(&site).await;
    site.clock.set(at("2026-03-01T12:09:59Z"));
    assert_eq!(deliver(&site).await, 0);
    site.clock.set(at("2026-03-01T12:10:00Z"));
    assert_eq!(deliver(&site).await, 1);
}

#[tokio::test]
async fn who_is_gone_gets_nothing_until_somebody_switches_it_on() {
    let site = nearby().await;
    let key = operator(&site).await;
    let server = Loopback::giving([Reply::json(410, ""), Reply::ok("")]).await;
    let (id, _) = webhook(&site, &key, &server.base_url, &["email.sent"]).await;
    let first = trial(&site, &key, &id).await;
    deliver(&site).await;
    let path = format!("/webhooks/{id}");
    let shown = get(&site, &path, &key).await;
    assert_eq!(
        (&shown.json()["enabled"], &shown.json()["off_because"]),
        (&json!(false), &json!("it answered 410 Gone"))
    );
    assert_eq!(post(&site, &format!("{path}/test"), &key, json!({})).await.status, 409);
    // What happens meanwhile is not told.
    site.until("2026-03-12T16:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 1);
    assert_eq!(deliver(&site).await, 0);
    let on = patch(&site, &path, &key, &shown.etag.unwrap(), json!({"enabled": true})).await;
    assert_eq!((on.status, &on.json()["enabled"]), (200, &json!(true)));
    assert_eq!(deliver(&site).await, 0);
    assert_eq!(deliveries(&site, &key, &id).await.len(), 1);
    let replay = post(&site, &format!("{path}/deliveries/{first}/replay"), &key, json!({})).await;
    assert_eq!((replay.status, &replay.json()["outcome"]), (202, &json!("waiting")));
    assert_eq!(deliver(&site).await, 1);
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn everything_that_failed_since_is_sent_again() {
    let site = nearby().await;
    let key = operator(&site).await;
    let broken = Arc::new(Mutex::new(true));
    let is_broken = broken.clone();
    let server =
        Loopback::answering(move |_| Reply::json(if *is_broken.lock().unwrap() { 500 } else { 200 }, ""))
            .await;
    let (id, _) = webhook(&site, &key, &server.base_url, &["email.sent"]).await;
    trial(&site, &key, &id).await;
    site.clock.set(at("2026-03-01T13:00:00Z"));
    trial(&site, &key, &id).await;
    for _ in 0..12 {
        deliver(&site).await;
        site.clock.set(site.clock.now() + chrono::TimeDelta::hours(27));
    }
    let outcomes = async || -> Vec<String> {
        let known = deliveries(&site, &key, &id).await;
        known.iter().map(|known| known["outcome"].as_str().unwrap().to_owned()).collect()
    };
    assert!(
        server.asked().len() < 20,
        "an endpoint that fails for five days is switched off: {}",
        server.asked().len()
    );
    let path = format!("/webhooks/{id}");
    let shown = get(&site, &path, &key).await;
    assert_eq!(shown.json()["off_because"], "nothing reached it for five days");
    patch(&site, &path, &key, "*", json!({"enabled": true})).await;
    // It still fails, and fails at last.
    for _ in 0..12 {
        deliver(&site).await;
        site.clock.set(site.clock.now() + chrono::TimeDelta::hours(27));
        let shown = get(&site, &path, &key).await;
        if shown.json()["enabled"] == false {
            patch(&site, &path, &key, "*", json!({"enabled": true})).await;
        }
    }
    assert_eq!(outcomes().await, ["failed", "failed"]);
    let failed = get(&site, &format!("{path}/deliveries?outcome=failed&limit=1"), &key).await.json();
    assert_eq!(failed["items"].as_array().unwrap().len(), 1);
    assert!(failed["next_cursor"].is_string());
    *broken.lock().unwrap() = false;
    let since = json!({"since": "2026-03-01T13:00:00Z"});
    let replayed = post(&site, &format!("{path}/replay"), &key, since).await;
    assert_eq!((replayed.status, &replayed.json()["replayed"]), (202, &json!(1)));
    assert_eq!(deliver(&site).await, 1);
    assert_eq!(outcomes().await, ["delivered", "failed"], "the newest first");
}

#[tokio::test]
async fn a_private_address_is_refused_when_it_is_connected_to() {
    let site = Site::new("", &[]).await;
    let key = operator(&site).await;
    let server = Loopback::answering(|_| Reply::ok("")).await;
    let port = server.base_url.rsplit(':').next().unwrap().to_owned();
    let new = |url: String| json!({"url": url, "kinds": ["email.sent"]});
    for url in
        [server.base_url.clone(), format!("https://127.0.0.1:{port}"), "https://169.254.169.254/".to_owned()]
    {
        let refused = post(&site, "/webhooks", &key, new(url)).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["pointer"].as_str()), (422, Some("/url")));
    }
    // A name may mean anything by then.
    let (id, _) = webhook(&site, &key, &format!("https://localhost:{port}"), &["email.sent"]).await;
    trial(&site, &key, &id).await;
    assert_eq!(deliver(&site).await, 1);
    let known = deliveries(&site, &key, &id).await;
    assert_eq!(known[0]["attempts"][0]["problem"], "the address leads to a private network");
    assert!(server.asked().is_empty());
}

/// The loop, and what tells it to stop.
fn running(site: &Site) -> (watch::Sender<()>, tokio::task::JoinHandle<()>) {
    let (stop, stopping) = watch::channel(());
    let courier = compose::webhook_courier(&site.deployment).unwrap();
    (stop, tokio::spawn(webhooks::deliver(courier, site.deployment.metrics.clone(), stopping)))
}

#[tokio::test]
async fn the_loop_sends_what_comes_when_it_is_due_and_a_slow_one_holds_up_itself_alone() {
    let site = nearby().await;
    let key = operator(&site).await;
    let slow = Loopback::giving([Reply::Silence]).await;
    let (hanging, _) = webhook(&site, &key, &slow.base_url, &["email.sent"]).await;
    let server = Loopback::giving([Reply::json(500, ""), Reply::ok("")]).await;
    let (id, _) = webhook(&site, &key, &server.base_url, &["email.sent"]).await;
    let (_stop, _loop) = running(&site);
    trial(&site, &key, &hanging).await;
    asked(&slow, 1).await;
    // Woken by what comes, without time going by.
    trial(&site, &key, &id).await;
    asked(&server, 1).await;
    until_tried(&site, &key, &id, 1).await;
    // Woken by time.
    site.clock.set(site.clock.now() + chrono::TimeDelta::seconds(6));
    asked(&server, 2).await;
    until_tried(&site, &key, &id, 2).await;
    for n in 3..=40 {
        trial(&site, &key, &id).await;
        asked(&server, n).await;
    }
    assert_eq!(slow.asked().len(), 1, "it still hangs");
    assert_eq!(deliveries(&site, &key, &hanging).await[0]["attempted"], 0);
}

async fn until_tried(site: &Site, key: &str, id: &str, times: u64) {
    for _ in 0..1_000 {
        if deliveries(site, key, id).await.last().unwrap()["attempted"] == times {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("it was not tried {times} times");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn told_to_stop_it_ends_what_it_has_in_hand() {
    let site = nearby().await;
    let key = operator(&site).await;
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let at_gate = gate.clone();
    let server = Loopback::answering(move |_| {
        let (open, opened) = &*at_gate;
        // What else this thread would have done is given to another one.
        tokio::task::block_in_place(|| drop(opened.wait_while(open.lock().unwrap(), |open| !*open).unwrap()));
        Reply::ok("")
    })
    .await;
    let (id, _) = webhook(&site, &key, &server.base_url, &["email.sent"]).await;
    let (stop, running) = running(&site);
    trial(&site, &key, &id).await;
    asked(&server, 1).await;
    drop(stop);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!running.is_finished(), "it waits for the answer");
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    running.await.unwrap();
    assert_eq!(deliveries(&site, &key, &id).await[0]["outcome"], "delivered");
    // Another process finds nothing to do.
    assert_eq!(deliver(&site).await, 0);
}
