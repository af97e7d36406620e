//! Outgoing webhooks of a deployment: asked for over the API, taken by the program's own loop to a server on this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../api/asking.rs"]
#[allow(dead_code, reason = "its own tests need more of it")]
mod asking;
#[path = "../../../dripr-adapters/tests/loopback/mod.rs"]
mod loopback;
#[path = "../mail/site.rs"]
#[allow(dead_code, reason = "its own tests need more of it")]
mod site;

mod api;
mod changes;
mod delivering;
mod told;

use std::time::Duration;

use dripr_adapters::standard_webhooks::{Headers, Rejection, Verifier};
use dripr_core::ports::Clock;
use dripr_server::{compose, webhooks};
use loopback::{Loopback, Request};
use serde_json::{Value, json};

use asking::{Answer, get, post};
use site::Site;

/// A deployment that may reach this machine.
async fn nearby() -> Site {
    Site::new("[webhooks]\nallow_private = true\n", &[]).await
}

/// A webhook that wants some kinds, at a path of a server: its id and its secret.
async fn webhook(site: &Site, key: &str, url: &str, kinds: &[&str]) -> (String, String) {
    let made = post(site, "/webhooks", key, json!({ "url": url, "kinds": kinds })).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["webhook"]["id"]), text(&made["secret"]))
}

/// Takes all that is due to its endpoint, as the program does.
async fn deliver(site: &Site) -> usize {
    let courier = compose::webhook_courier(&site.deployment).unwrap();
    webhooks::deliver_due(&courier, &site.deployment.metrics).await.unwrap()
}

/// As a receiver would.
fn verified(request: &Request, secret: &str, site: &Site) -> Result<(), Rejection> {
    let headers = Headers::find(|name| request.header(name))?;
    Verifier::new(vec![secret.parse().unwrap()]).verify(headers, &request.body, site.clock.now())
}

async fn deliveries(site: &Site, key: &str, id: &str) -> Vec<Value> {
    let listed: Answer = get(site, &format!("/webhooks/{id}/deliveries"), key).await;
    assert_eq!(listed.status, 200, "{listed:?}");
    listed.json()["items"].as_array().unwrap().clone()
}

/// Waits until a server was asked so often; a test fails if that does not happen.
async fn asked(server: &Loopback, times: usize) -> Vec<Request> {
    for _ in 0..2_000 {
        let asked = server.asked();
        if asked.len() >= times {
            return asked;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it was asked {} times, not {times}", server.asked().len());
}
