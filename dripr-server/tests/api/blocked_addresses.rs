//! Addresses that nobody in the deployment writes to.

use dripr_core::access::{Reach, Role, Scope};
use serde_json::{Value, json};

use crate::asking::{agent, delete, get, key, operator, patch, post, site};

const PATH: &str = "/blocked-addresses";

#[tokio::test]
async fn a_blocked_address_gets_nothing_until_operators_lift_that() {
    let site = site().await;
    let key = operator(&site).await;
    site.until("2026-03-11T20:00:00Z").await;
    let new = json!({"address": "Owner1@HOME.example", "reason": " a court said so "});
    let added = post(&site, PATH, &key, new).await;
    assert_eq!(added.status, 201, "{added:?}");
    let by = added.json()["blocked_by"].as_str().unwrap().to_owned();
    assert!(by.starts_with("key "), "{by}");
    let expected = json!({
        "address": "Owner1@home.example", "since": "2026-03-11T20:00:00Z", "blocked_by": by, "reason": "a court said so",
    });
    assert_eq!(added.json(), expected);
    let again = post(&site, PATH, &key, json!({"address": "owner1@home.example"})).await;
    assert_eq!((again.status, again.json()), (200, expected.clone()), "it stays as it was");

    site.until("2026-03-14T00:00:00Z").await;
    assert!(site.mailbox.accepted().is_empty(), "an email that stood ready is not sent");
    let blocked = json!({"cause": "blocked", "since": "2026-03-11T20:00:00Z"});
    let campaign = get(&site, "/agents/ana/campaigns/ana-1", &key).await.json();
    assert_eq!((&campaign["no_mail"], &campaign["status"]), (&blocked, &json!("UNSUBSCRIBED")));
    for query in ["", "?email=owner1@home.example"] {
        let contacts = get(&site, &format!("/agents/ana/contacts{query}"), &key).await.json();
        assert_eq!(contacts["items"][0]["no_mail"], blocked, "{query}");
    }
    let contact = get(&site, "/agents/ana/contacts/ana-1", &key).await.json();
    assert_eq!(contact["no_mail"], blocked);
    let explained = get(&site, "/agents/ana/campaigns/ana-1/explain", &key).await.json();
    assert_eq!(explained["gate"], "suppressed");

    // It is no suppression of the agent's, who does not get around it.
    let of_agent = "/agents/ana/suppressions/owner1@home.example";
    assert_eq!(get(&site, of_agent, &key).await.status, 404);
    assert_eq!(delete(&site, of_agent, &key).await.status, 404);
    let cause = json!({"address": "owner1@home.example", "cause": "blocked"});
    assert_eq!(post(&site, "/agents/ana/suppressions", &key, cause).await.status, 422);
    let moved =
        patch(&site, "/agents/ana/contacts/ana-1", &key, "*", json!({"email": "kim@new.example"})).await;
    assert_eq!((moved.status, &moved.json()["code"]), (409, &json!("address-suppressed")));

    let path = format!("{PATH}/OWNER1@home.example");
    assert_eq!(delete(&site, &path, &key).await.status, 204);
    for path in [path.as_str(), "/blocked-addresses/no-address"] {
        assert_eq!(delete(&site, path, &key).await.status, 404, "{path}");
    }
    site.until("2026-04-14T00:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 1, "the campaign goes on");
    let history = get(&site, "/history", &key).await.json();
    let lines = history["items"].as_array().unwrap().iter();
    let of_blocks = lines.filter(|line| line["about"] == "Owner1@home.example");
    let noted: Vec<(&Value, &Value)> = of_blocks.map(|line| (&line["what"], &line["cause"])).collect();
    let expected =
        [(&json!("address_unblocked"), &json!(null)), (&json!("address_blocked"), &json!("a court said so"))];
    assert_eq!(noted, expected, "{history}");
}

#[tokio::test]
async fn blocked_addresses_are_listed() {
    let site = site().await;
    let key = operator(&site).await;
    for address in ["lee@home.example", "kim@home.example"] {
        assert_eq!(post(&site, PATH, &key, json!({"address": address})).await.status, 201);
    }
    let listed = async |query: &str| {
        let page = get(&site, &format!("{PATH}{query}"), &key).await.json();
        page["items"].as_array().unwrap().iter().map(|one| one["address"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, ["kim@home.example", "lee@home.example"]);
    assert_eq!(listed("?email=LEE@home.example").await, ["lee@home.example"]);
    assert!(listed("?email=nobody@home.example").await.is_empty());
    let first = get(&site, &format!("{PATH}?limit=1"), &key).await.json();
    let rest = listed(&format!("?cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!(rest, ["lee@home.example"], "a page at a time");
    for wrong in [
        json!({}),
        json!({"address": "nobody"}),
        json!({"address": "a@b.example", "reason": " "}),
        json!({"address": "a@b.example", "reason": "a\nb"}),
        json!({"address": "a@b.example", "reason": "x".repeat(201)}),
        json!({"address": "a@b.example", "cause": "opt_out"}),
    ] {
        assert_eq!(post(&site, PATH, &key, wrong.clone()).await.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn only_operators_block_addresses() {
    let site = site().await;
    agent(&site, "amy", Some("north"), None, Role::Admin).await;
    let of_north = key(&site, Reach::Brokerage("north".parse().unwrap()), &Scope::ALL).await;
    let own = key(&site, Reach::Agent("ana".parse().unwrap()), &Scope::ALL).await;
    let writing = key(&site, Reach::Deployment, &[Scope::Read, Scope::Write, Scope::Approve]).await;
    let new = json!({"address": "owner1@home.example"});
    assert_eq!(post(&site, PATH, &operator(&site).await, new.clone()).await.status, 201);
    for key in [&of_north, &own, &writing] {
        assert_eq!(get(&site, PATH, key).await.status, 403);
        assert_eq!(post(&site, PATH, key, new.clone()).await.status, 403);
        assert_eq!(delete(&site, &format!("{PATH}/owner1@home.example"), key).await.status, 403);
    }
    for key in [&of_north, &own] {
        let history = get(&site, "/history", key).await;
        assert!(!history.text.contains("owner1@home.example"), "{history:?}");
    }
}
