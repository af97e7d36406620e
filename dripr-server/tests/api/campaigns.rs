//! Campaigns: making, changing, halting and removing them, and what they say of themselves.

use dripr_core::{
    access::{Reach, Scope},
    ports::SendOutcome,
    testkit::Mood,
};
use reqwest::Method;
use serde_json::json;

use crate::asking::{ask, delete, get, key, operator, patch, post, request, site};

#[tokio::test]
async fn a_campaign_is_made_changed_and_removed() {
    let site = site().await;
    let key = operator(&site).await;
    let home = json!({"street": "12 Pine St #4", "city": "Seattle", "state": "WA", "zip_code": "98103"});
    let new = json!({"first_name": "Kim", "email": "kim@home.example", "home": home, "fixed_send_day": 20});
    let made = post(&site, "/agents/ana/campaigns", &key, new.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    let (shown, etag) = (made.json(), made.etag.unwrap());
    assert_eq!(shown["status"], "DORMANT");
    assert_eq!(shown["next_send_at"], "2026-03-20T15:00:00Z");
    let path = format!("/agents/ana/campaigns/{}", shown["id"].as_str().unwrap());
    let twice = post(&site, "/agents/ana/campaigns", &key, new).await;
    assert_eq!(twice.status, 409, "{twice:?}");
    assert!(twice.text.contains(shown["id"].as_str().unwrap()), "it names the one that is there: {twice:?}");

    let change = json!({"fixed_send_day": 25, "check_before_sending": true});
    let changed = patch(&site, &path, &key, &etag, change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.json()["fixed_send_day"], 25);
    assert_eq!(changed.json()["next_send_at"], "2026-03-25T15:00:00Z");
    assert_eq!(patch(&site, &path, &key, &etag, json!({"enabled": false})).await.status, 412);
    // What the engine does is no change of what the agent chose.
    let etag = changed.etag.unwrap();
    site.until("2026-03-24T16:00:00Z").await;
    let now = get(&site, &path, &key).await;
    assert_eq!(now.json()["status"], "READY_TO_CREATE_EMAIL", "{now:?}");
    assert_eq!(now.etag.as_deref(), Some(etag.as_str()));
    assert_eq!(get(&site, &format!("{path}/explain"), &key).await.json()["gate"], "approval");

    let none = json!({"home": null, "zip_code": "98115"});
    let changed = patch(&site, &path, &key, &etag, none).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(
        (changed.json()["home"].clone(), changed.json()["zip_code"].clone()),
        (json!(null), json!("98115"))
    );

    for what in ["disable", "enable"] {
        let done = ask(request(&site, Method::POST, &format!("{path}/{what}"), &key)).await;
        assert_eq!(done.status, 204, "{what}: {done:?}");
    }
    let retried = ask(request(&site, Method::POST, &format!("{path}/retry"), &key)).await;
    assert_eq!(retried.status, 409, "nothing failed: {retried:?}");
    let skipped = post(&site, &format!("{path}/skip"), &key, json!({"reason": "on holiday"})).await;
    assert_eq!(skipped.status, 204, "{skipped:?}");
    let history = get(&site, &format!("{path}/history"), &key).await.json();
    let lines = history["items"].as_array().unwrap();
    let edited = lines.iter().find(|line| line["what"] == "schedule_edited").unwrap();
    assert!(edited["actor"].as_str().unwrap().starts_with("key "), "{edited}");
    let first = get(&site, &format!("{path}/history?limit=1"), &key).await.json();
    assert_eq!(first["items"][0], lines[0], "a page at a time, the newest first");
    assert!(first["next_cursor"].is_string());
    assert!(lines.iter().any(|line| line["cause"] == "on holiday"), "{history:#}");

    assert_eq!(delete(&site, &path, &key).await.status, 204);
    assert_eq!(get(&site, &path, &key).await.status, 404);
}

#[tokio::test]
async fn campaigns_are_listed_a_page_at_a_time_and_by_what_they_are() {
    let site = site().await;
    let key = operator(&site).await;
    for n in 0..7 {
        let new = json!({"email": format!("p{n}@home.example"), "zip_code": "98103", "fixed_send_day": 9});
        assert_eq!(post(&site, "/agents/ana/campaigns", &key, new).await.status, 201);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(&site, &format!("/agents/ana/campaigns?limit=3{cursor}"), &key).await.json();
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (8, &sorted), "each once, in order");
    site.until("2026-03-08T16:00:00Z").await;
    let working = get(&site, "/agents/ana/campaigns?status=DORMANT", &key).await.json();
    assert_eq!(working["items"].as_array().unwrap().len(), 1);
    let in_need = get(&site, "/agents/ana/campaigns?needs_agent=true", &key).await.json();
    assert_eq!(in_need["items"], json!([]));
    assert_eq!(get(&site, "/agents/ana/campaigns?status=SLEEPY", &key).await.status, 422);
    assert_eq!(get(&site, "/agents/ana/campaigns?limit=0", &key).await.status, 422);
    assert_eq!(get(&site, "/agents/ana/campaigns?cursor=%21", &key).await.status, 404);
}

#[tokio::test]
async fn a_campaign_does_not_become_one_that_is_there() {
    let site = site().await;
    let key = operator(&site).await;
    let home =
        |street: &str| json!({"street": street, "city": "Seattle", "state": "WA", "zip_code": "98103"});
    let make = async |street: &str| {
        let new = json!({"email": "kim@home.example", "home": home(street), "fixed_send_day": 20});
        post(&site, "/agents/ana/campaigns", &key, new).await
    };
    let first = make("12 Pine St").await.json();
    let second = make("14 Pine St").await;
    let path = format!("/agents/ana/campaigns/{}", second.json()["id"].as_str().unwrap());
    let twin = patch(&site, &path, &key, "*", json!({"home": home("12 PINE ST")})).await;
    assert_eq!(twin.status, 409, "{twin:?}");
    assert!(twin.text.contains(first["id"].as_str().unwrap()), "it names the one that is there: {twin:?}");
    assert_eq!(get(&site, &path, &key).await.json(), second.json(), "nothing changed");
    let itself = patch(&site, &path, &key, "*", json!({"home": home("14 pine st")})).await;
    assert_eq!(itself.status, 200, "{itself:?}");
}

#[tokio::test]
async fn only_who_may_approve_does_without_approvals() {
    let site = site().await;
    let writer = key(&site, Reach::Deployment, &[Scope::Read, Scope::Write]).await;
    let path = "/agents/ana/campaigns/ana-1";
    let choose = async |key: &str, check: bool| {
        patch(&site, path, key, "*", json!({"check_before_sending": check})).await.status
    };
    assert_eq!(choose(&writer, true).await, 200, "asking for approvals takes nothing from anybody");
    assert_eq!(choose(&writer, false).await, 403);
    assert_eq!(choose(&operator(&site).await, false).await, 200);
}

#[tokio::test]
async fn a_campaign_that_failed_is_tried_again_at_once() {
    let site = site().await;
    let key = operator(&site).await;
    let refused = SendOutcome::NeedsPeople { reason: "the key was refused".to_owned() };
    site.mailbox.next(Mood::Answer(refused));
    site.until("2026-03-12T16:00:00Z").await;
    let path = "/agents/ana/campaigns/ana-1";
    let failed = get(&site, path, &key).await.json();
    assert_eq!(failed["status"], "ERROR", "{failed}");
    let in_error = get(&site, "/agents/ana/campaigns?status=ERROR", &key).await.json();
    assert_eq!(in_error["items"][0]["id"], "ana-1");

    let retried = ask(request(&site, Method::POST, &format!("{path}/retry"), &key)).await;
    assert_eq!(retried.status, 204, "{retried:?}");
    assert_eq!(get(&site, path, &key).await.json()["status"], "READY_TO_SEND_EMAIL");
    site.until("2026-03-12T16:30:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 1);
    assert_eq!(get(&site, path, &key).await.json()["status"], "DORMANT");
    let history = get(&site, &format!("{path}/history"), &key).await.json();
    let lines = history["items"].as_array().unwrap();
    let retried = lines.iter().find(|line| line["what"] == "retried").unwrap();
    assert!(retried["actor"].as_str().unwrap().starts_with("key "), "{history:#}");
    let failed = lines.iter().find(|line| line["what"] == "failed").unwrap();
    assert_eq!(failed["cause"], "the key was refused");
}
