//! Keys: made, shown once, no farther than who makes them, and taken back.

use dripr_core::access::{Reach, Role, Scope};
use serde_json::json;

use crate::asking::{agent, delete, get, key, operator, post, site};

#[tokio::test]
async fn a_key_is_made_used_and_taken_back() {
    let site = site().await;
    let operator = operator(&site).await;
    let new = json!({"name": "the CRM", "reach": {"of": "agent", "agent_id": "ana"}, "scopes": ["read"],
        "expires_at": "2026-03-05T12:00:00Z"});
    let made = post(&site, "/keys", &operator, new).await;
    assert_eq!(made.status, 201, "{made:?}");
    let (id, secret) = (made.json()["key"]["id"].clone(), made.json()["secret"].as_str().unwrap().to_owned());
    assert_eq!(get(&site, "/agents/me", &secret).await.status, 200);
    let listed = get(&site, "/keys", &operator).await;
    assert!(listed.text.contains("the CRM") && !listed.text.contains(&secret), "{listed:?}");
    assert!(!listed.text.contains("digest"), "{listed:?}");
    site.until("2026-03-05T12:00:00Z").await;
    let expired = get(&site, "/agents/me", &secret).await;
    assert_eq!((expired.status, expired.json()["detail"].as_str()), (401, Some("the key has expired")));

    let new = json!({"name": "another", "reach": {"of": "agent", "agent_id": "ana"}, "scopes": ["read"]});
    let made = post(&site, "/keys", &operator, new).await.json();
    let (id_, secret) =
        (made["key"]["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned());
    assert_ne!(id, json!(id_));
    assert_eq!(delete(&site, &format!("/keys/{id_}"), &operator).await.status, 204);
    assert_eq!(get(&site, "/agents/me", &secret).await.status, 401);
    // Another's secret with a known id.
    let forged = format!("{}0", &secret[..secret.len() - 1]);
    if forged != secret {
        let refused = get(&site, "/agents/me", &forged).await;
        assert!(!refused.text.contains("revoked"), "only who knows the secret is told more: {refused:?}");
    }
}

#[tokio::test]
async fn a_key_reaches_no_farther_and_may_do_no_more_than_who_makes_it() {
    let site = site().await;
    agent(&site, "a1", Some("north"), Some("a"), Role::Agent).await;
    agent(&site, "a3", Some("south"), Some("a"), Role::Agent).await;
    let north = Reach::Brokerage("north".parse().unwrap());
    let admin = key(&site, north, &[Scope::Read, Scope::Admin]).await;
    let make = async |reach: serde_json::Value, scopes: serde_json::Value| {
        post(&site, "/keys", &admin, json!({"name": "n", "reach": reach, "scopes": scopes})).await.status
    };
    assert_eq!(make(json!({"of": "brokerage", "brokerage_id": "north"}), json!(["read"])).await, 201);
    assert_eq!(
        make(json!({"of": "team", "brokerage_id": "north", "team_id": "a"}), json!(["read"])).await,
        201
    );
    assert_eq!(make(json!({"of": "agent", "agent_id": "a1"}), json!(["read"])).await, 201);
    assert_eq!(make(json!({"of": "agent", "agent_id": "a3"}), json!(["read"])).await, 403);
    assert_eq!(make(json!({"of": "brokerage", "brokerage_id": "south"}), json!(["read"])).await, 403);
    assert_eq!(make(json!({"of": "deployment"}), json!(["read"])).await, 403);
    assert_eq!(make(json!({"of": "agent", "agent_id": "a1"}), json!(["write"])).await, 403);
    assert_eq!(make(json!({"of": "agent", "agent_id": "a1"}), json!([])).await, 422);
    let of_north = get(&site, "/keys", &admin).await.json();
    let reaches: Vec<_> =
        of_north["items"].as_array().unwrap().iter().map(|key| key["reach"].clone()).collect();
    assert!(
        reaches.iter().all(|reach| *reach == json!({"of": "brokerage", "brokerage_id": "north"})),
        "{reaches:?}"
    );
    let all = get(&site, "/keys", &operator(&site).await).await.json();
    let of_a1 = all["items"].as_array().unwrap().iter().find(|key| key["reach"]["of"] == "agent").unwrap();
    let path = format!("/keys/{}", of_a1["id"].as_str().unwrap());
    assert_eq!(delete(&site, &path, &admin).await.status, 404, "a key of another reach is none of theirs");
}
