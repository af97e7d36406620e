//! What Postmark tells, with its real payloads.

use chrono::TimeDelta;
use dripr_core::{
    email::SuppressionCause,
    ports::{CampaignStore, ChannelStore, Clock, FeedbackStore},
};
use serde_json::{Value, json};

use crate::site::{PASSWORD, Shown, Site, shown};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!(
            "../../../dripr-adapters/tests/data/providers/postmark/webhook.",
            $name,
            ".json"
        ))
    };
}

async fn site() -> Site {
    let lines = "[mail]\nby = \"postmark\"\n[postmark]\nwebhook_username = \"postmark\"\n";
    let secrets = [("DRIPR_POSTMARK_TOKEN", "a token"), ("DRIPR_POSTMARK_WEBHOOK_PASSWORD", PASSWORD)];
    let site = Site::new(lines, &secrets).await;
    site.until("2026-03-13T12:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 1);
    site
}

/// A real payload, about the email of the site's homeowner.
fn about(site: &Site, sample: &str) -> Value {
    let mut payload: Value = serde_json::from_str(sample).unwrap();
    payload["Metadata"] = json!({"dripr_email_id": site.email().as_str()});
    payload
}

async fn tell(site: &Site, body: String, password: &str) -> Shown {
    let request = site.client.post(site.url("/webhooks/postmark"));
    shown(request.basic_auth("postmark", Some(password)).body(body)).await
}

async fn cause(site: &Site) -> Option<SuppressionCause> {
    site.dossier().await.suppression.map(|suppression| suppression.cause)
}

#[tokio::test]
async fn each_kind_of_webhook_is_taken_and_does_what_it_says() {
    for (sample, stops) in [
        (sample!("delivery"), None),
        (sample!("open"), None),
        (sample!("click"), None),
        (sample!("bounce"), Some(SuppressionCause::HardBounce)),
        (sample!("spam_complaint.b"), Some(SuppressionCause::Complaint)),
        (sample!("spamcomplaint"), Some(SuppressionCause::Complaint)),
    ] {
        let site = site().await;
        let payload = about(&site, sample).to_string();
        assert_eq!(tell(&site, payload.clone(), PASSWORD).await.status, 200, "{payload}");
        assert_eq!(cause(&site).await, stops, "{payload}");
        let first = site.deployment.store.feedback(&site.campaign()).await.unwrap();
        assert_eq!(first.len(), 1);
        // Told again, as after a lost answer.
        assert_eq!(tell(&site, payload, PASSWORD).await.status, 200);
        assert_eq!(site.deployment.store.feedback(&site.campaign()).await.unwrap(), first);
    }
}

#[tokio::test]
async fn nobody_else_may_tell() {
    let site = site().await;
    let complaint = about(&site, sample!("spamcomplaint")).to_string();
    assert_eq!(tell(&site, complaint.clone(), "guessed").await.status, 401);
    let bare = shown(site.client.post(site.url("/webhooks/postmark")).body(complaint)).await;
    assert_eq!(bare.status, 401, "never 403, after which Postmark tries no more");
    assert_eq!(cause(&site).await, None);
    assert!(site.deployment.store.feedback(&site.campaign()).await.unwrap().is_empty());
}

#[tokio::test]
async fn it_is_noted_whether_webhooks_can_be_verified() {
    let site = site().await;
    let channel = async || {
        let name = dripr_server::compose::POSTMARK_WEBHOOKS;
        let known = site.deployment.store.channel(name).await.unwrap().unwrap();
        (known.refused, known.last_heard)
    };
    let delivery = about(&site, sample!("delivery")).to_string();
    for n in 1..=3 {
        assert_eq!(tell(&site, delivery.clone(), "guessed").await.status, 401);
        assert_eq!(channel().await, (n, None));
        site.clock.set(site.clock.now() + TimeDelta::seconds(60));
    }
    assert_eq!(tell(&site, "{".to_owned(), PASSWORD).await.status, 400);
    assert_eq!(channel().await, (3, None), "what nobody can read tells nothing");
    assert_eq!(tell(&site, delivery, PASSWORD).await.status, 200);
    assert_eq!(channel().await, (0, Some(site.clock.now())));
}

#[tokio::test]
async fn wrong_credentials_cost_no_write_each_and_an_address_has_few_tries() {
    let site = site().await;
    let delivery = about(&site, sample!("delivery")).to_string();
    for n in 0..30 {
        assert_eq!(tell(&site, delivery.clone(), "guessed").await.status, 401, "{n}");
    }
    let refused = tell(&site, delivery.clone(), "guessed").await;
    assert_eq!((refused.status, refused.headers["retry-after"].to_str().unwrap()), (429, "2"));
    let name = dripr_server::compose::POSTMARK_WEBHOOKS;
    let known = site.deployment.store.channel(name).await.unwrap().unwrap();
    assert_eq!((known.refused, known.version), (1, 1));
    let [("postmark", rejected)] = site.deployment.metrics.incoming().found()[..] else {
        panic!("one sender")
    };
    assert_eq!((rejected.all, rejected.in_a_row), (31, 31));
    assert_eq!(tell(&site, delivery.clone(), PASSWORD).await.status, 200, "who knows the password is heard");
    site.clock.set(site.clock.now() + TimeDelta::seconds(2));
    assert_eq!(tell(&site, delivery.clone(), "guessed").await.status, 401);
    assert_eq!(tell(&site, delivery, "guessed").await.status, 429);
}

#[tokio::test]
async fn what_comes_back_of_emails_is_heard_after_another_mailer_was_chosen() {
    let lines =
        "[mail]\nby = \"smtp\"\nhost = \"smtp.example.com\"\n[postmark]\nwebhook_username = \"postmark\"\n";
    let site = Site::new(lines, &[("DRIPR_POSTMARK_WEBHOOK_PASSWORD", PASSWORD)]).await;
    site.until("2026-03-13T12:00:00Z").await;
    let complaint = about(&site, sample!("spamcomplaint")).to_string();
    assert_eq!(tell(&site, complaint.clone(), "guessed").await.status, 401);
    assert_eq!(tell(&site, complaint, PASSWORD).await.status, 200);
    assert_eq!(cause(&site).await, Some(SuppressionCause::Complaint));
    let late = site.clock.now() + TimeDelta::days(30);
    site.clock.set(late);
    let figures = site.operations.figures().await.unwrap();
    assert_eq!(figures.paused, Some(Vec::new()), "the other mailer waits for none of them");
}

#[tokio::test]
async fn without_the_name_that_webhooks_come_with_there_are_none() {
    let variables = [("DRIPR_POSTMARK_WEBHOOK_PASSWORD", PASSWORD)];
    let site = Site::new("[mail]\nby = \"smtp\"\nhost = \"smtp.example.com\"\n", &variables).await;
    let told = shown(site.client.post(site.url("/webhooks/postmark")).body("{}")).await;
    assert_eq!(told.status, 404);
}

#[tokio::test]
async fn what_cannot_be_read_or_is_about_nothing_of_ours_changes_nothing() {
    let site = site().await;
    for (body, status) in [
        (String::new(), 400),
        ("{".to_owned(), 400),
        ("[]".to_owned(), 400),
        (sample!("bounce").to_owned(), 200),
        (json!({"RecordType": "SomethingNew", "Metadata": {"dripr_email_id": "ana-1.1"}}).to_string(), 200),
        (
            json!({"RecordType": "SpamComplaint", "ID": 7, "Metadata": {"dripr_email_id": "elsewhere.1"}})
                .to_string(),
            200,
        ),
        ("x".repeat(2 << 20), 413),
    ] {
        let shown: String = body.chars().take(60).collect();
        assert_eq!(tell(&site, body, PASSWORD).await.status, status, "{shown}");
    }
    assert_eq!(cause(&site).await, None);
}

#[tokio::test]
async fn a_database_that_fails_is_told_again() {
    let site = site().await;
    let complaint = about(&site, sample!("spamcomplaint")).to_string();
    site.deployment.close().await;
    assert_eq!(tell(&site, complaint, PASSWORD).await.status, 503);
}

#[tokio::test]
async fn who_opted_out_at_postmark_gets_no_more() {
    let site = site().await;
    let mut change = about(&site, sample!("subscriptionchange"));
    change["SuppressSending"] = true.into();
    change["SuppressionReason"] = "ManualSuppression".into();
    change["Origin"] = "Recipient".into();
    assert_eq!(tell(&site, change.to_string(), PASSWORD).await.status, 200);
    assert_eq!(cause(&site).await, Some(SuppressionCause::OptOut));
    site.until("2026-05-01T00:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 1);
    let history = site.deployment.store.history(&site.campaign()).await.unwrap();
    assert!(!history.is_empty());
}

#[tokio::test]
async fn who_is_suppressed_at_postmark_by_hand_gets_no_more_and_is_not_let_in_again_by_hand() {
    let site = site().await;
    let mut change: Value = serde_json::from_str(sample!("subscriptionchange")).unwrap();
    change["Recipient"] = site.dossier().await.contact.email.as_str().into();
    change["Origin"] = "Customer".into();
    (change["MessageID"], change["Metadata"]) = (json!(null), json!({}));
    assert_eq!(tell(&site, change.to_string(), PASSWORD).await.status, 200);
    assert_eq!(cause(&site).await, Some(SuppressionCause::OptOut));
    change["SuppressSending"] = false.into();
    assert_eq!(tell(&site, change.to_string(), PASSWORD).await.status, 200);
    assert_eq!(cause(&site).await, Some(SuppressionCause::OptOut));
}
