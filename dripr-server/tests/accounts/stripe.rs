//! What Stripe tells, with its own payloads.

use chrono::TimeDelta;
use dripr_core::{
    agent::Subscription,
    ports::{AgentStore, Clock},
    schedule::Instant,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::site::{Site, at, shown};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../dripr-adapters/tests/data/providers/stripe/webhook.", $name, ".json"))
    };
}

const CREATED: &str = sample!("customer.subscription.created.2020-08-27");
const UPDATED: &str = sample!("customer.subscription.updated.2020-08-27");
const DELETED: &str = sample!("customer.subscription.deleted.2020-08-27");
const FAILED: &str = sample!("invoice.payment_failed.2020-08-27");
const SECRET: &str = "whsec_test_secret";

async fn site() -> Site {
    Site::new("[stripe]\n", &[("DRIPR_STRIPE_WEBHOOK_SECRET", "whsec_rolled\nwhsec_test_secret\n")]).await
}

/// A sample about the site's agent, at a moment.
fn about(sample: &str, at: &str, status: &str) -> Value {
    let mut event: Value = serde_json::from_str(sample).unwrap();
    event["created"] = at.parse::<Instant>().unwrap().timestamp().into();
    event["data"]["object"]["metadata"] = json!({"user_id": "ana"});
    event["data"]["object"]["status"] = status.into();
    event
}

fn header(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(body);
    format!("t={timestamp},v1={}", hex::encode(mac.finalize().into_bytes()))
}

async fn post(site: &Site, header: &str, body: Vec<u8>) -> u16 {
    let request = site.client.post(site.url("/webhooks/stripe")).header("Stripe-Signature", header);
    shown(request.body(body)).await.status
}

async fn tell(site: &Site, event: &Value) -> u16 {
    let body = event.to_string().into_bytes();
    post(site, &header(SECRET, site.clock.now().timestamp(), &body), body).await
}

async fn status(site: &Site) -> Subscription {
    site.deployment.store.agent(&"ana".parse().unwrap()).await.unwrap().unwrap().subscription_status
}

#[tokio::test]
async fn each_sample_is_taken_and_does_what_it_says() {
    let site = site().await;
    for (sample, at, word, expected) in [
        (CREATED, "2026-03-01T10:00:00Z", "incomplete", Subscription::Incomplete),
        (UPDATED, "2026-03-01T10:00:05Z", "active", Subscription::Active),
        (FAILED, "2026-03-01T10:00:06Z", "open", Subscription::Active),
        (DELETED, "2026-03-01T11:00:00Z", "canceled", Subscription::Canceled),
    ] {
        let event = about(sample, at, word);
        for _ in 0..2 {
            assert_eq!(tell(&site, &event).await, 200);
            assert_eq!(status(&site).await, expected, "{at}");
        }
    }
    let why = site.dossier().await.agent.may_send(site.clock.now());
    assert_eq!(why, Err("the agent's subscription has ended"));
}

#[tokio::test]
async fn the_end_stays_the_end_in_every_order() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let site = site().await;
        let events = [
            about(CREATED, "2026-03-01T10:00:00Z", "incomplete"),
            about(UPDATED, "2026-03-01T10:00:05Z", "active"),
            about(DELETED, "2026-03-01T11:00:00Z", "canceled"),
        ];
        for n in order {
            assert_eq!(tell(&site, &events[n]).await, 200);
        }
        assert_eq!(status(&site).await, Subscription::Canceled, "{order:?}");
    }
}

#[tokio::test]
async fn a_late_payment_has_a_week_and_one_that_came_lets_mail_go_on() {
    let site = site().await;
    // The report is due on the 12th.
    assert_eq!(tell(&site, &about(UPDATED, "2026-03-01T10:00:00Z", "past_due")).await, 200);
    site.until("2026-03-05T00:00:00Z").await;
    // Told again of something else; it is late since the first.
    assert_eq!(tell(&site, &about(UPDATED, "2026-03-05T00:00:00Z", "past_due")).await, 200);
    assert_eq!(status(&site).await, Subscription::PastDue { since: at("2026-03-01T10:00:00Z") });
    let told: Vec<_> = site.agents.accepted().iter().map(|mail| mail.message.subject.clone()).collect();
    assert_eq!(told.iter().filter(|subject| subject.contains("payment")).count(), 1, "{told:?}");
    site.until("2026-03-12T20:00:00Z").await;
    assert!(site.mailbox.accepted().is_empty());
    assert_eq!(tell(&site, &about(UPDATED, "2026-03-12T20:00:00Z", "active")).await, 200);
    site.until("2026-03-14T00:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 1);
}

#[tokio::test]
async fn a_customer_is_known_once_a_subscription_named_their_agent() {
    let site = site().await;
    let unnamed = |at: &str, status: &str| {
        let mut event = about(UPDATED, at, status);
        event["data"]["object"]["metadata"] = json!({});
        event["data"]["object"]["customer"] = json!({"id": "cus_00000000000000", "object": "customer"});
        event
    };
    assert_eq!(tell(&site, &unnamed("2026-03-01T10:00:00Z", "unpaid")).await, 200);
    assert_eq!(status(&site).await, Subscription::Active, "nobody knows whose that is");
    assert_eq!(tell(&site, &about(CREATED, "2026-03-01T10:00:01Z", "trialing")).await, 200);
    assert_eq!(tell(&site, &unnamed("2026-03-01T10:00:02Z", "unpaid")).await, 200);
    assert_eq!(status(&site).await, Subscription::Unpaid);
    let mut early = about(CREATED, "2026-03-01T10:00:00Z", "active");
    early["data"]["object"]["metadata"] = json!({"user_id": "user_later"});
    assert_eq!(tell(&site, &early).await, 503, "Stripe tells it again, when the agent may be known");
    assert_eq!(status(&site).await, Subscription::Unpaid, "it is nobody else's of that customer");
    let later = "user_later".parse().unwrap();
    assert!(site.deployment.store.remove(&later, site.clock.now()).await.unwrap());
    assert_eq!(tell(&site, &early).await, 200, "they will never be known");
}

#[tokio::test]
async fn of_one_second_the_change_that_leads_on_counts() {
    for order in [[0, 1], [1, 0]] {
        let site = site().await;
        let at = "2026-03-01T10:00:00Z";
        // The card is exchanged, and pays.
        let mut events = [about(UPDATED, at, "past_due"), about(UPDATED, at, "active")];
        events[0]["data"]["previous_attributes"] = json!({"default_payment_method": null});
        events[1]["data"]["previous_attributes"] = json!({"status": "past_due"});
        for n in order {
            assert_eq!(tell(&site, &events[n]).await, 200);
        }
        assert_eq!(status(&site).await, Subscription::Active, "{order:?}");
    }
}

#[tokio::test]
async fn nobody_else_may_tell() {
    let site = site().await;
    let body = about(DELETED, "2026-03-01T11:00:00Z", "canceled").to_string().into_bytes();
    let now = site.clock.now().timestamp();
    let good = header(SECRET, now, &body);
    let mut turned = body.clone();
    turned[30] ^= 1;
    assert_eq!(post(&site, &good, turned).await, 400);
    assert_eq!(post(&site, &header("whsec_guessed", now, &body), body.clone()).await, 400);
    assert_eq!(post(&site, &good.replace("v1=", "v0="), body.clone()).await, 400);
    let bare = shown(site.client.post(site.url("/webhooks/stripe")).body(body.clone())).await;
    assert_eq!(bare.status, 400);
    for seconds in [301, -602] {
        site.clock.set(site.clock.now() + TimeDelta::seconds(seconds));
        assert_eq!(post(&site, &good, body.clone()).await, 400, "a copy, told at another time");
    }
    assert_eq!(status(&site).await, Subscription::Active);
    site.clock.set(site.clock.now() + TimeDelta::seconds(301));
    let rolled = header("whsec_rolled", now, &body);
    assert_eq!(post(&site, &rolled, body).await, 200);
    assert_eq!(status(&site).await, Subscription::Canceled);
    let [("stripe", rejected)] = site.deployment.metrics.incoming().found()[..] else { panic!("one sender") };
    assert_eq!((rejected.all, rejected.in_a_row), (6, 0));
}

#[tokio::test]
async fn what_cannot_be_read_or_is_about_nothing_of_ours_changes_nothing() {
    let site = site().await;
    let mut bodiless = about(UPDATED, "2026-03-01T10:00:00Z", "canceled");
    bodiless["data"] = json!({});
    for (event, expected) in [
        (json!([]), 400),
        (bodiless, 400),
        (json!({"object": "v2.core.event", "type": "v2.core.account.updated"}), 200),
        (json!({"object": "event", "type": "customer.updated", "data": {"object": {}}}), 200),
        (json!({"x": "x".repeat(2 << 20)}), 413),
    ] {
        assert_eq!(
            tell(&site, &event).await,
            expected,
            "{}",
            event.to_string().chars().take(60).collect::<String>()
        );
    }
    assert_eq!(status(&site).await, Subscription::Active);
    site.deployment.close().await;
    assert_eq!(tell(&site, &about(DELETED, "2026-03-01T11:00:00Z", "canceled")).await, 503);
}
