//! Webhooks over the API: made, changed, their secrets exchanged, and taken away.

use dripr_core::{
    access::{Reach, Role, Scope},
    ports::WebhookStore,
    webhooks::KeptSecret,
};
use reqwest::Method;
use serde_json::json;

use crate::{
    asking::{agent, ask, delete, get, key, operator, patch, post, request},
    deliver,
    loopback::{Loopback, Reply},
    nearby,
    site::Site,
    verified, webhook,
};

#[tokio::test]
async fn a_secret_is_shown_once_and_exchanged_within_a_day() {
    let site = nearby().await;
    let key = operator(&site).await;
    let server = Loopback::answering(|_| Reply::ok("")).await;
    let (id, secret) = webhook(&site, &key, &server.base_url, &["email.sent"]).await;
    let path = format!("/webhooks/{id}");
    let shown = get(&site, &path, &key).await;
    assert!(!shown.text.contains("whsec_") && !shown.text.contains("secret\":\""), "{shown:?}");
    let etag = shown.etag.unwrap();
    let rotate = async |etag: &str, body: serde_json::Value| {
        ask(request(&site, Method::POST, &format!("{path}/rotate"), &key)
            .header("if-match", etag)
            .json(&body))
        .await
    };
    let without = post(&site, &format!("{path}/rotate"), &key, json!({})).await;
    assert_eq!(without.status, 428);
    let rotated = rotate(&etag, json!({})).await;
    assert_eq!(rotated.status, 200, "{rotated:?}");
    let newer = rotated.json()["secret"].as_str().unwrap().to_owned();
    assert_ne!(newer, secret);
    assert_eq!(rotated.json()["webhook"]["former_secret_until"], "2026-03-02T12:00:00Z");
    assert_eq!(rotate(&etag, json!({})).await.status, 412, "by who saw an older one");
    for (now, old) in [("2026-03-02T11:59:59Z", true), ("2026-03-02T12:00:00Z", false)] {
        site.until(now).await;
        assert_eq!(post(&site, &format!("{path}/test"), &key, json!({})).await.status, 202);
        deliver(&site).await;
        let asked = server.asked().pop().unwrap();
        assert_eq!(verified(&asked, &newer, &site), Ok(()));
        assert_eq!(verified(&asked, &secret, &site).is_ok(), old, "{now}");
    }
    let given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let rotated = rotate("*", json!({"secret": given})).await;
    assert_eq!((rotated.status, &rotated.json()["secret"]), (200, &json!(null)), "who gave it knows it");
    assert_eq!(
        rotate("*", json!({"secret": "whsec_c2hvcnQ="})).await.json()["errors"][0]["pointer"],
        "/secret"
    );
    let kept = request(&site, Method::POST, "/webhooks", &key).header("idempotency-key", "k");
    let body = json!({"url": "https://crm.example", "kinds": ["email.sent"]});
    assert_eq!(ask(kept.json(&body)).await.status, 422, "no secret is kept");
}

#[tokio::test]
async fn with_a_key_secrets_are_sealed() {
    let environment =
        [("DRIPR_WEBHOOK_KEY", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")];
    let site = Site::new("[webhooks]\nallow_private = true\n", &environment).await;
    let key = operator(&site).await;
    let server = Loopback::answering(|_| Reply::ok("")).await;
    let (id, secret) = webhook(&site, &key, &server.base_url, &["email.sent"]).await;
    let kept = site.deployment.store.webhook(&id.parse().unwrap()).await.unwrap().unwrap();
    assert!(matches!(kept.secret, KeptSecret::Sealed(_)));
    post(&site, &format!("/webhooks/{id}/test"), &key, json!({})).await;
    deliver(&site).await;
    assert_eq!(verified(&server.asked()[0], &secret, &site), Ok(()));
}

#[tokio::test]
async fn a_webhook_is_changed_by_who_saw_it_and_removed() {
    let site = nearby().await;
    let key = operator(&site).await;
    let (id, _) = webhook(&site, &key, "https://crm.example/a", &["email.sent"]).await;
    let path = format!("/webhooks/{id}");
    let shown = get(&site, &path, &key).await;
    let etag = shown.etag.unwrap();
    let change = json!({"url": "https://crm.example/b", "kinds": ["email.ready", "email.sent"], "description": "the CRM"});
    let changed = patch(&site, &path, &key, &etag, change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.json()["kinds"], json!(["email.ready", "email.sent"]));
    assert_eq!(patch(&site, &path, &key, &etag, json!({"enabled": false})).await.status, 412);
    let off = patch(&site, &path, &key, &changed.etag.unwrap(), json!({"enabled": false})).await.json();
    assert_eq!((&off["enabled"], &off["off_because"]), (&json!(false), &json!("somebody switched it off")));
    for (body, pointer) in [
        (json!({"url": "ftp://crm.example"}), "/url"),
        (json!({"url": "https://user:pw@crm.example"}), "/url"),
        (json!({"kinds": []}), "/kinds"),
        (json!({"kinds": ["email.nothing"]}), "/kinds/0"),
        (json!({"kinds": ["email.sent", "webhook.test"]}), "/kinds/1"),
        (json!({"description": "a\nb"}), "/description"),
        (json!({"secret": "x"}), "/secret"),
    ] {
        let refused = patch(&site, &path, &key, "*", body).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["pointer"].as_str()), (422, Some(pointer)));
    }
    let errors = |refused: crate::asking::Answer| {
        let errors = refused.json()["errors"].as_array().unwrap().clone();
        errors.iter().map(|error| error["pointer"].clone()).collect::<Vec<_>>()
    };
    let wrong = json!({"url": "ftp://crm.example", "kinds": [], "description": "a\nb"});
    let expected = ["/url", "/kinds", "/description"];
    assert_eq!(errors(patch(&site, &path, &key, "*", wrong.clone()).await), expected, "all at once");
    assert_eq!(errors(post(&site, "/webhooks", &key, wrong).await), expected, "also of a new one");
    let listed = get(&site, "/webhooks", &key).await.json();
    assert_eq!(
        (listed["items"].as_array().unwrap().len(), &listed["items"][0]["description"]),
        (1, &json!("the CRM"))
    );
    assert_eq!(delete(&site, &path, &key).await.status, 204);
    assert_eq!(get(&site, &path, &key).await.status, 404);
}

#[tokio::test]
async fn a_webhook_is_told_of_no_more_agents_than_its_owner_reaches() {
    let site = nearby().await;
    agent(&site, "amy", Some("north"), Some("a"), Role::Admin).await;
    let north = key(&site, Reach::Brokerage("north".parse().unwrap()), &[Scope::Admin]).await;
    let new = |reach: serde_json::Value| json!({"url": "https://crm.example", "kinds": ["email.sent"], "reach": reach});
    let make = async |reach: serde_json::Value| post(&site, "/webhooks", &north, new(reach)).await.status;
    assert_eq!(make(json!({"of": "deployment"})).await, 403);
    assert_eq!(make(json!({"of": "agent", "agent_id": "ana"})).await, 403);
    assert_eq!(make(json!({"of": "agent", "agent_id": "amy"})).await, 201);
    assert_eq!(make(json!({"of": "team", "brokerage_id": "north", "team_id": "a"})).await, 201);
    // Ana is nobody's but her own.
    let server = Loopback::answering(|_| Reply::ok("")).await;
    webhook(&site, &north, &format!("{}/north", server.base_url), &["email.sent"]).await;
    let ana = key(&site, Reach::Agent("ana".parse().unwrap()), &[Scope::Admin]).await;
    webhook(&site, &ana, &format!("{}/ana", server.base_url), &["email.sent"]).await;
    site.until("2026-03-12T16:00:00Z").await;
    deliver(&site).await;
    let paths: Vec<_> = server.asked().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/ana"]);
    let listed = get(&site, "/webhooks", &north).await.json();
    let mut reaches: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|known| known["reach"]["of"].clone()).collect();
    reaches.sort_by_key(ToString::to_string);
    assert_eq!(reaches, ["agent", "brokerage", "team"], "those that reach no farther, ana's not among them");
}
