//! What becomes of contacts, campaigns and imports by the API, as others are told it.

use dripr_core::{
    mail_account::lose,
    ports::{AgentStore, Clock, MailAccountStore},
    testkit::samples,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    asking::{ask, delete, get, operator, patch, post, request},
    deliver,
    loopback::{Loopback, Reply},
    nearby, webhook,
};

const KINDS: [&str; 6] = [
    "contact.opted_in",
    "contact.changed",
    "contact.removed",
    "campaign.created",
    "campaign.removed",
    "import.done",
];

#[tokio::test]
async fn who_keeps_contacts_elsewhere_is_told_what_becomes_of_them() {
    let site = nearby().await;
    let key = operator(&site).await;
    let server = Loopback::answering(|_| Reply::ok("")).await;
    webhook(&site, &key, &server.base_url, &KINDS).await;
    let told = async |kind: &str| -> Vec<Value> {
        deliver(&site).await;
        let bodies = server.asked().into_iter().map(|request| request.json());
        bodies.filter(|body| body["type"] == kind).map(|body| body["data"].clone()).collect()
    };
    let new = json!({"email": "kim@home.example", "zip_code": "98103", "fixed_send_day": 5});
    let made = post(&site, "/agents/ana/campaigns", &key, new.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(post(&site, "/agents/ana/campaigns", &key, new).await.status, 409);
    let (campaign, contact) = (made.json()["id"].clone(), made.json()["contact_id"].clone());
    let data = json!({
        "agent_id": "ana", "campaign_id": campaign, "contact_id": contact, "external_id": null,
        "address": "kim@home.example",
    });
    assert_eq!(told("campaign.created").await, [data]);

    let path = format!("/agents/ana/contacts/{}", contact.as_str().unwrap());
    let change = json!({"first_name": "Kim", "email": "kim@new.example"});
    for _ in 0..2 {
        assert_eq!(patch(&site, &path, &key, "*", change.clone()).await.status, 200);
    }
    let data = json!({
        "agent_id": "ana", "contact_id": contact, "changed": ["first_name", "address"], "first_name": "Kim",
        "last_name": "", "external_id": null, "address": "kim@new.example",
    });
    assert_eq!(told("contact.changed").await, [data], "what is the same is no change");

    let bounced = json!({"address": "kim@new.example", "cause": "hard_bounce"});
    assert_eq!(post(&site, "/agents/ana/suppressions", &key, bounced).await.status, 201);
    assert!(told("contact.opted_in").await.is_empty(), "that is another thing");
    assert_eq!(delete(&site, "/agents/ana/suppressions/kim@new.example", &key).await.status, 204);
    let data = json!({
        "agent_id": "ana", "contact_id": contact, "external_id": null, "address": "kim@new.example", "cause": "hard_bounce",
        "because": "mail may go to this address again",
    });
    assert_eq!(told("contact.opted_in").await, [data]);

    assert_eq!(delete(&site, &path, &key).await.status, 204);
    let data =
        json!({"agent_id": "ana", "campaign_id": campaign, "contact_id": contact, "external_id": null});
    assert_eq!(told("campaign.removed").await, [data]);
    let data = json!({
        "agent_id": "ana", "contact_id": contact, "external_id": null, "address": "kim@new.example",
    });
    assert_eq!(told("contact.removed").await, [data]);
}

#[tokio::test]
async fn an_import_is_told_once_with_its_counts_and_not_row_by_row() {
    let site = nearby().await;
    let key = operator(&site).await;
    let server = Loopback::answering(|_| Reply::ok("")).await;
    webhook(&site, &key, &server.base_url, &KINDS).await;
    for dry_run in [true, false] {
        let made = post(&site, "/agents/ana/imports", &key, json!({"send_day": 3, "dry_run": dry_run})).await;
        let import = made.json()["id"].as_str().unwrap().to_owned();
        let path = format!("/agents/ana/imports/{import}");
        let file = request(&site, Method::PUT, &format!("{path}/file"), &key);
        let file =
            file.header("content-type", "text/csv").body("email,zip\nkim@home.example,98103\nnobody,98103\n");
        assert_eq!(ask(file).await.status, 200);
        deliver(&site).await;
        let asked = server.asked();
        assert_eq!(asked.len(), if dry_run { 1 } else { 2 }, "once each, and nothing of any row");
        let body = asked[asked.len() - 1].json();
        assert_eq!(body["type"], "import.done");
        let data = json!({
            "agent_id": "ana", "import_id": import, "stage": "done", "dry_run": dry_run, "rows": 2, "enrolled": 1,
            "already_enrolled": 0, "refused": 1, "opted_out": 0, "without_address": 1, "to_approve": 0,
            "not_verified": 0,
        });
        assert_eq!(body["data"], data);
    }
    let campaigns = get(&site, "/agents/ana/campaigns?email=kim@home.example", &key).await.json();
    assert_eq!(campaigns["items"].as_array().map(Vec::len), Some(1), "though it was made");
}

#[tokio::test]
async fn a_mailbox_that_is_lost_is_told_once() {
    let site = nearby().await;
    let key = operator(&site).await;
    let server = Loopback::answering(|_| Reply::ok("")).await;
    webhook(&site, &key, &server.base_url, &["mailbox.lost"]).await;
    let (store, now) = (&*site.deployment.store, site.clock.now());
    let ana = store.agent(&"ana".parse().unwrap()).await.unwrap().unwrap();
    let account = samples::mail_account(&ana, now);
    assert!(store.put_mail_account(account.clone(), None).await.unwrap());
    assert_eq!(deliver(&site).await, 0, "one that is connected is not lost");
    let seen = store.mail_account(&ana.id).await.unwrap().unwrap();
    for expected in [true, false] {
        assert_eq!(lose(store, &seen, "Token has been expired or revoked.", now).await.unwrap(), expected);
    }
    deliver(&site).await;
    let bodies: Vec<Value> = server.asked().into_iter().map(|request| request.json()).collect();
    let data = json!({"agent_id": "ana", "address": account.address.as_str()});
    let body = json!({"type": "mailbox.lost", "timestamp": "2026-03-01T12:00:00Z", "data": data});
    assert_eq!(bodies, [body]);
}
