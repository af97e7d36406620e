//! Keys: made, shown once, no farther than who makes them, and taken back.

use dripr_core::{
    access::{ApiKey, Caller, NewApiKey, Reach, Role, Scope},
    ports::{AgentStore, ApiKeyStore, Clock},
};
use serde_json::json;

use crate::asking::{agent, delete, get, key, operator, patch, post, site};

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
    let mut reaches: Vec<_> =
        of_north["items"].as_array().unwrap().iter().map(|key| key["reach"].clone()).collect();
    let north = json!({"of": "brokerage", "brokerage_id": "north"});
    let team = json!({"of": "team", "brokerage_id": "north", "team_id": "a"});
    let a1 = json!({"of": "agent", "agent_id": "a1"});
    reaches.sort_by_key(ToString::to_string);
    assert_eq!(reaches, [a1, north.clone(), north, team], "what reaches no farther than they do");
    let of_south = key(&site, Reach::Brokerage("south".parse().unwrap()), &[Scope::Read]).await;
    let of_agent = |list: &serde_json::Value, of: &str| {
        let keys = list["items"].as_array().unwrap();
        let found = keys.iter().find(|key| key["reach"]["of"] == of && key["revoked_at"].is_null()).unwrap();
        format!("/keys/{}", found["id"].as_str().unwrap())
    };
    let all = get(&site, "/keys", &operator(&site).await).await.json();
    let south = all["items"].as_array().unwrap().iter().find(|key| key["reach"]["brokerage_id"] == "south");
    let path = format!("/keys/{}", south.unwrap()["id"].as_str().unwrap());
    assert_eq!(delete(&site, &path, &admin).await.status, 404, "a key of others is none of theirs");
    assert_eq!(get(&site, "/agents", &of_south).await.status, 200);
    assert_eq!(delete(&site, &of_agent(&of_north, "agent"), &admin).await.status, 204);
}

#[tokio::test]
async fn a_key_that_ends_makes_none_that_outlives_it() {
    let site = site().await;
    let operator = operator(&site).await;
    let new =
        |name: &str, end: Option<&str>| json!({"name": name, "scopes": ["admin", "read"], "expires_at": end});
    let short = post(&site, "/keys", &operator, new("short", Some("2026-03-05T12:00:00Z"))).await.json();
    let short = short["secret"].as_str().unwrap();
    for (end, status) in
        [(None, 422), (Some("2026-03-05T12:00:01Z"), 422), (Some("2026-03-05T12:00:00Z"), 201)]
    {
        let made = post(&site, "/keys", short, new("child", end)).await;
        assert_eq!(made.status, status, "{made:?}");
        if status == 422 {
            assert_eq!(made.json()["errors"][0]["pointer"], "/expires_at");
        }
    }
    let past = post(&site, "/keys", &operator, new("past", Some("2026-02-05T12:00:00Z"))).await;
    assert_eq!((past.status, past.json()["errors"][0]["pointer"].as_str()), (422, Some("/expires_at")));
}

#[tokio::test]
async fn what_is_done_about_keys_is_in_a_history_of_who_reaches_as_far() {
    let site = site().await;
    agent(&site, "a1", Some("north"), Some("a"), Role::Agent).await;
    let admin = key(&site, Reach::Brokerage("north".parse().unwrap()), &[Scope::Read, Scope::Admin]).await;
    let of_a1 = json!({"name": "CRM", "reach": {"of": "agent", "agent_id": "a1"}, "scopes": ["read"]});
    let made = post(&site, "/keys", &admin, of_a1.clone()).await.json();
    let id = made["key"]["id"].as_str().unwrap();
    assert_eq!(delete(&site, &format!("/keys/{id}"), &admin).await.status, 204);
    let lines = get(&site, "/history?limit=2", &admin).await.json();
    let by = made["key"]["created_by"].as_str().unwrap();
    assert!(by.starts_with("key "), "{by}");
    let whats: Vec<_> = lines["items"].as_array().unwrap().iter().collect();
    assert_eq!(whats.len(), 2);
    for (line, what) in whats.iter().zip(["key_revoked", "key_made"]) {
        assert_eq!((&line["what"], &line["about"], &line["actor"]), (&json!(what), &json!(id), &json!(by)));
        assert_eq!(line["reach"], of_a1["reach"]);
    }
    let rest = format!("/history?limit=2&cursor={}", lines["next_cursor"].as_str().unwrap());
    let rest = get(&site, &rest, &admin).await.json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1, "their own key was made: {rest}");
    let south = key(&site, Reach::Brokerage("south".parse().unwrap()), &[Scope::Admin]).await;
    let others = get(&site, "/history", &south).await.json();
    assert_eq!(others["items"].as_array().unwrap().len(), 1, "nothing of others: {others}");
    let reader = key(&site, Reach::Deployment, &[Scope::Read]).await;
    assert_eq!(get(&site, "/history", &reader).await.status, 403);
}

#[tokio::test]
async fn a_key_for_one_agent_does_not_follow_them_to_another_brokerage() {
    let site = site().await;
    agent(&site, "a1", Some("north"), Some("a"), Role::Agent).await;
    let admin = key(&site, Reach::Brokerage("north".parse().unwrap()), &[Scope::Read, Scope::Admin]).await;
    let operator = operator(&site).await;
    let of_a1 = json!({"name": "CRM", "reach": {"of": "agent", "agent_id": "a1"}, "scopes": ["read"]});
    let north = post(&site, "/keys", &admin, of_a1.clone()).await.json();
    let ours = post(&site, "/keys", &operator, of_a1).await.json();
    let (north, ours) = (north["secret"].as_str().unwrap(), ours["secret"].as_str().unwrap());
    assert_eq!(get(&site, "/agents/me", north).await.status, 200);
    let moved = json!({"membership": {"brokerage_id": "south", "role": "agent"}});
    let moved = patch(&site, "/agents/a1", &operator, "*", moved).await;
    assert_eq!(moved.status, 200, "{moved:?}");
    assert_eq!(get(&site, "/agents/me", north).await.status, 401);
    assert_eq!(
        get(&site, "/agents/me", ours).await.status,
        200,
        "an operator's is an operator's to take back"
    );
    let lines = get(&site, "/history?limit=1", &operator).await.json();
    assert_eq!(
        (&lines["items"][0]["what"], &lines["items"][0]["actor"]),
        (&json!("key_revoked"), &json!("system"))
    );
}

#[tokio::test]
async fn what_a_key_made_ends_with_it() {
    let site = site().await;
    let operator = operator(&site).await;
    agent(&site, "a1", Some("north"), Some("a"), Role::Agent).await;
    let make = async |by: &str, reach: serde_json::Value| {
        let new = json!({"name": "n", "reach": reach, "scopes": ["read", "admin"]});
        let made = post(&site, "/keys", by, new).await.json();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (text(&made["key"]["id"]), text(&made["secret"]))
    };
    let north = json!({"of": "brokerage", "brokerage_id": "north"});
    let (id, first) = make(&operator, north.clone()).await;
    let (_, second) = make(&first, north.clone()).await;
    let (last, third) = make(&second, json!({"of": "agent", "agent_id": "a1"})).await;
    let (_, other) = make(&operator, north).await;
    // A program that is built without webhooks makes none.
    let mut hook = None;
    if cfg!(feature = "webhooks") {
        let new = json!({"url": "https://crm.example", "kinds": ["email.sent"]});
        let made = post(&site, "/webhooks", &second, new).await.json();
        let path = format!("/webhooks/{}", made["webhook"]["id"].as_str().unwrap());
        assert_eq!(get(&site, &path, &operator).await.json()["enabled"], true);
        hook = Some(path);
    }

    assert_eq!(delete(&site, &format!("/keys/{id}"), &operator).await.status, 204);
    for secret in [&first, &second, &third] {
        assert_eq!(get(&site, "/agents", secret).await.status, 401);
    }
    assert_eq!(get(&site, "/agents", &other).await.status, 200, "what others made is as it was");
    let mut ended = vec!["key_revoked", "key_revoked", "key_revoked"];
    if let Some(hook) = hook {
        let hook = get(&site, &hook, &operator).await.json();
        let because = "who made it reaches less far now, or is gone";
        assert_eq!((&hook["enabled"], &hook["off_because"]), (&json!(false), &json!(because)));
        ended.push("webhook_off");
    }
    let lines = get(&site, &format!("/history?limit={}", ended.len()), &operator).await.json();
    let lines = lines["items"].as_array().unwrap();
    let mut whats: Vec<_> = lines.iter().map(|line| line["what"].as_str().unwrap()).collect();
    whats.sort_unstable();
    assert_eq!(whats, ended);
    let line = lines.iter().find(|line| line["about"] == last.as_str()).unwrap();
    assert_eq!(line["cause"], "the key that made it was taken back");
}

#[tokio::test]
async fn what_an_admin_made_ends_with_their_role() {
    let site = site().await;
    let operator = operator(&site).await;
    agent(&site, "amy", Some("north"), Some("a"), Role::Admin).await;
    agent(&site, "bob", Some("north"), Some("b"), Role::Agent).await;
    let store = &site.deployment.store;
    let amy = store.agent(&"amy".parse().unwrap()).await.unwrap().unwrap();
    let by = Caller::signed_in(&amy);
    let make = async |reach: Reach| {
        let scopes = [Scope::Read].into_iter().collect();
        let new = NewApiKey { name: "hers".to_owned(), reach, scopes, expires_at: None };
        let minted = ApiKey::mint(new, &by, &*site.deployment.entropy, site.clock.now());
        let stored = store.put_api_key(minted.key.clone()).await.unwrap();
        (stored, minted.expose().to_owned())
    };
    let north = || Reach::Brokerage("north".parse().unwrap());
    let (_, of_north) = make(north()).await;
    let (_, of_bob) = make(Reach::Agent("bob".parse().unwrap())).await;
    let (_, own) = make(Reach::Agent("amy".parse().unwrap())).await;
    let works = async |secret: &str| get(&site, "/agents", secret).await.status == 200;
    assert!(works(&of_north).await && works(&of_bob).await && works(&own).await);
    let lower = json!({"membership": {"brokerage_id": "north", "team_id": "a", "role": "agent"}});
    assert_eq!(patch(&site, "/agents/amy", &operator, "*", lower).await.status, 200);
    assert!(!works(&of_north).await && !works(&of_bob).await && works(&own).await);
    let (stored, _) = make(north()).await;
    assert!(!stored, "nor is one stored that they asked for a moment before");
    let lines = get(&site, "/history?limit=2", &operator).await.json();
    for line in lines["items"].as_array().unwrap() {
        let told = (&line["what"], &line["actor"], &line["cause"]);
        let cause = "who made it reaches less far now";
        assert_eq!(told, (&json!("key_revoked"), &json!("system"), &json!(cause)));
    }
    assert_eq!(delete(&site, "/agents/amy", &operator).await.status, 204);
    assert!(!works(&own).await, "nothing is left of who was removed");
    let line = get(&site, "/history?limit=1", &operator).await.json()["items"][0].clone();
    assert_eq!((&line["what"], &line["cause"]), (&json!("key_revoked"), &json!("its agent was removed")));
}

#[tokio::test]
async fn whoever_asks_may_ask_who_they_are() {
    let site = site().await;
    let operator = operator(&site).await;
    let new = json!({"name": "ana's", "reach": {"of": "agent", "agent_id": "ana"}, "scopes": ["write"],
        "expires_at": "2026-03-05T12:00:00Z"});
    let made = post(&site, "/keys", &operator, new).await.json();
    let me = get(&site, "/me", made["secret"].as_str().unwrap()).await;
    assert_eq!(me.status, 200, "it needs no scope: {me:?}");
    let expected = json!({
        "actor": {"type": "key", "id": made["key"]["id"]}, "reach": {"of": "agent", "agent_id": "ana"},
        "scopes": ["write"], "expires_at": "2026-03-05T12:00:00Z", "agent_id": "ana", "read_only_because": null,
        "keeps": null,
    });
    assert_eq!(me.json(), expected);
    let me = get(&site, "/me", &operator).await.json();
    assert_eq!(me["reach"], json!({"of": "deployment"}));
    assert_eq!((&me["agent_id"], &me["expires_at"]), (&json!(null), &json!(null)));
    assert_eq!(me["keeps"], json!({"reach": {"of": "deployment"}, "scopes": me["scopes"]}));
}
