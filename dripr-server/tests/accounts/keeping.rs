//! Keys and webhooks of one's own: whoever is signed in keeps what reaches themselves alone, and admins see it.

use dripr_core::{
    access::{MOST_KEYS_OF_AN_AGENT, Reach, Role, Scope},
    ports::AgentStore,
};
use serde_json::{Value, json};

use crate::{
    asking::{agent, delete, get, key, operator, patch, post},
    signer::signing_in,
    site::Site,
};

/// What a list has, by one field.
async fn listed(site: &Site, path: &str, token: &str, field: &str) -> Vec<String> {
    let page = get(site, path, token).await;
    assert_eq!(page.status, 200, "{page:?}");
    let items = page.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

/// A key of one's own: its id and its secret.
async fn own_key(site: &Site, token: &str, name: &str) -> (String, String) {
    let new = json!({"name": name, "scopes": ["read", "write", "approve"]});
    let made = post(site, "/keys", token, new).await;
    assert_eq!(made.status, 201, "{made:?}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made.json()["key"]["id"]), text(&made.json()["secret"]))
}

#[tokio::test]
async fn an_agent_of_no_brokerage_connects_a_program_of_their_own() {
    let (site, signer) = signing_in().await;
    let ana = signer.token(&site, "ana");
    let new = json!({"name": "my CRM", "scopes": ["read", "write", "approve"]});
    let made = post(&site, "/keys", &ana, new).await;
    assert_eq!(made.status, 201, "{made:?}");
    let (shown, secret) = (made.json()["key"].clone(), made.json()["secret"].as_str().unwrap().to_owned());
    assert_eq!(shown["reach"], json!({"of": "agent", "agent_id": "ana"}));
    assert_eq!(shown["created_by"], "agent ana");
    let id = shown["id"].as_str().unwrap();

    let me = get(&site, "/me", &secret).await.json();
    assert_eq!((&me["agent_id"], &me["keeps"]), (&json!("ana"), &json!(null)), "a program makes no programs");
    for path in ["/keys", "/webhooks", "/history"] {
        assert_eq!(get(&site, path, &secret).await.status, 403, "{path}");
    }
    assert_eq!(delete(&site, &format!("/keys/{id}"), &secret).await.status, 403);
    let contact = json!({"email": "kim@home.example"});
    assert_eq!(post(&site, "/agents/me/contacts", &secret, contact).await.status, 201);

    for (reach, scopes, status) in [
        (json!({"of": "agent", "agent_id": "ana"}), json!(["read", "admin"]), 403),
        (json!({"of": "agent", "agent_id": "nobody"}), json!(["read"]), 403),
        (json!({"of": "brokerage", "brokerage_id": "north"}), json!(["read"]), 403),
        (json!({"of": "deployment"}), json!(["read"]), 403),
        (json!({"of": "agent", "agent_id": "ana"}), json!([]), 422),
    ] {
        let refused =
            post(&site, "/keys", &ana, json!({"name": "n", "reach": reach, "scopes": scopes})).await;
        assert_eq!(refused.status, status, "{reach} {scopes}: {refused:?}");
    }
    assert_eq!(listed(&site, "/keys", &ana, "id").await, [id]);
    assert_eq!(delete(&site, &format!("/keys/{id}"), &ana).await.status, 204);
    assert_eq!(get(&site, "/agents/me", &secret).await.status, 401);
    assert_eq!(listed(&site, "/history", &ana, "what").await, ["key_revoked", "key_made"]);
    assert_eq!(listed(&site, "/history", &ana, "actor").await, ["agent ana", "agent ana"]);
}

#[tokio::test]
async fn whoever_reaches_others_keeps_no_more_than_their_own_unless_they_are_an_admin() {
    let (site, signer) = signing_in().await;
    for (id, role) in [("amy", Role::Admin), ("lea", Role::TeamLead), ("bob", Role::Agent)] {
        agent(&site, id, Some("north"), Some("blue"), role).await;
    }
    let [amy, lea, bob] = ["amy", "lea", "bob"].map(|id| signer.token(&site, id));
    let (of_lea, _) = own_key(&site, &lea, "lea's").await;
    let (of_bob, secret_of_bob) = own_key(&site, &bob, "bob's").await;
    let team = json!({"of": "team", "brokerage_id": "north", "team_id": "blue"});
    let made = post(&site, "/keys", &amy, json!({"name": "t", "reach": team, "scopes": ["read"]})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let of_team = made.json()["key"]["id"].as_str().unwrap().to_owned();

    assert_eq!(
        listed(&site, "/keys", &lea, "id").await,
        std::slice::from_ref(&of_lea),
        "a lead sees their own"
    );
    assert_eq!(listed(&site, "/keys", &bob, "id").await, std::slice::from_ref(&of_bob));
    let refused = post(&site, "/keys", &lea, json!({"name": "n", "reach": team, "scopes": ["read"]})).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let unknown = delete(&site, "/keys/nobodys", &lea).await;
    assert_eq!(unknown.status, 404);
    for other in [&of_bob, &of_team] {
        assert_eq!(delete(&site, &format!("/keys/{other}"), &lea).await, unknown, "another's is unknown");
    }
    assert_eq!(listed(&site, "/history", &lea, "about").await, std::slice::from_ref(&of_lea));

    let mut seen = listed(&site, "/keys", &amy, "id").await;
    seen.sort_unstable();
    let mut all = [of_lea, of_bob.clone(), of_team];
    all.sort_unstable();
    assert_eq!(seen, all, "their admin sees all of them");
    assert_eq!(delete(&site, &format!("/keys/{of_bob}"), &amy).await.status, 204);
    assert_eq!(get(&site, "/agents/me", &secret_of_bob).await.status, 401);
    assert_eq!(
        listed(&site, "/history?limit=1", &bob, "actor").await,
        ["agent amy"],
        "and bob sees who it was"
    );
}

#[tokio::test]
async fn a_key_of_ones_own_stays_with_a_lost_role_and_ends_with_the_brokerage() {
    let (site, signer) = signing_in().await;
    let operator = operator(&site).await;
    agent(&site, "lea", Some("north"), Some("blue"), Role::TeamLead).await;
    let lea = signer.token(&site, "lea");
    let (_, secret) = own_key(&site, &lea, "lea's").await;
    let (_, webhook) = own_webhook(&site, &lea).await;
    let place = async |membership: Value| {
        let moved = patch(&site, "/agents/lea", &operator, "*", json!({"membership": membership})).await;
        assert_eq!(moved.status, 200, "{moved:?}");
    };
    let stand = async || {
        let works = get(&site, "/agents/me", &secret).await.status == 200;
        (works, get(&site, &webhook, &lea).await.json()["enabled"].clone())
    };
    place(json!({"brokerage_id": "north", "team_id": "red", "role": "agent"})).await;
    assert_eq!(stand().await, (true, json!(true)), "what reaches them alone is theirs in any role and team");
    place(json!({"brokerage_id": "south", "role": "agent"})).await;
    assert_eq!(stand().await, (false, json!(false)), "and does not go with them to another brokerage");
    own_key(&site, &lea, "in the south").await;
    assert_eq!(delete(&site, "/agents/lea", &operator).await.status, 204);
    assert_eq!(get(&site, "/keys", &lea).await.status, 401, "whoever was removed keeps nothing");
}

/// A webhook of one's own: its id and its path.
async fn own_webhook(site: &Site, token: &str) -> (String, String) {
    let new = json!({"url": "https://crm.example/hooks", "kinds": ["email.sent"]});
    let made = post(site, "/webhooks", token, new).await;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["webhook"]["id"].as_str().unwrap().to_owned();
    let path = format!("/webhooks/{id}");
    (id, path)
}

#[tokio::test]
async fn an_agent_keeps_webhooks_that_are_told_of_them_alone() {
    let (site, signer) = signing_in().await;
    for (id, role) in [("amy", Role::Admin), ("bob", Role::Agent)] {
        agent(&site, id, Some("north"), None, role).await;
    }
    let [amy, bob] = ["amy", "bob"].map(|id| signer.token(&site, id));
    let (of_north, path_of_north) = own_webhook(&site, &amy).await;
    let (id, path) = own_webhook(&site, &bob).await;
    let shown = get(&site, &path, &bob).await.json();
    assert_eq!(shown["reach"], json!({"of": "agent", "agent_id": "bob"}));
    assert_eq!(listed(&site, "/webhooks", &bob, "id").await, std::slice::from_ref(&id));
    let mut seen = listed(&site, "/webhooks", &amy, "id").await;
    seen.sort_unstable();
    let mut both = [of_north, id.clone()];
    both.sort_unstable();
    assert_eq!(seen, both, "their admin sees both");

    let changed = patch(&site, &path, &bob, "*", json!({"description": "mine"})).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(post(&site, &format!("{path}/test"), &bob, json!({})).await.status, 202);
    assert_eq!(get(&site, &format!("{path}/deliveries"), &bob).await.status, 200);
    let unknown = get(&site, "/webhooks/nobodys", &bob).await;
    assert_eq!(get(&site, &path_of_north, &bob).await, unknown, "their brokerage's is not theirs");
    assert_eq!(patch(&site, &path_of_north, &bob, "*", json!({"enabled": false})).await.status, 404);
    assert_eq!(delete(&site, &path_of_north, &bob).await.status, 404);
    let of_north = json!({"of": "brokerage", "brokerage_id": "north"});
    let new = json!({"url": "https://crm.example", "kinds": ["email.sent"], "reach": of_north});
    assert_eq!(post(&site, "/webhooks", &bob, new).await.status, 403);
    assert_eq!(delete(&site, &path, &bob).await.status, 204);
    let whats = listed(&site, "/history", &bob, "what").await;
    assert_eq!(whats, ["webhook_removed", "webhook_tested", "webhook_changed", "webhook_made"]);
}

#[tokio::test]
async fn who_is_let_in_as_somebody_else_keeps_nothing() {
    let (site, signer) = signing_in().await;
    let (own, support) = (signer.token(&site, "ana"), signer.token_of_another(&site, "ana"));
    let (id, _) = own_key(&site, &own, "my CRM").await;
    let (_, webhook) = own_webhook(&site, &own).await;
    for path in ["/keys", "/webhooks", "/history", webhook.as_str()] {
        assert_eq!(get(&site, path, &support).await.status, 403, "{path}");
    }
    let new = json!({"name": "n", "scopes": ["read"]});
    let refused = post(&site, "/keys", &support, new).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("somebody else was let in"), "{refused:?}");
    let new = json!({"url": "https://crm.example", "kinds": ["email.sent"]});
    assert_eq!(post(&site, "/webhooks", &support, new).await.status, 403);
    assert_eq!(delete(&site, &format!("/keys/{id}"), &support).await.status, 403);
    assert_eq!(delete(&site, &webhook, &support).await.status, 403);
    assert_eq!(listed(&site, "/keys", &own, "id").await, [id]);
}

#[tokio::test]
async fn who_is_banned_is_let_in_no_more_and_begins_anew_afterwards() {
    let (site, signer) = signing_in().await;
    let ana = signer.token(&site, "ana");
    let (id, secret) = own_key(&site, &ana, "my CRM").await;
    let (_, webhook) = own_webhook(&site, &ana).await;
    let ban = async |banned: bool| {
        let store = &*site.deployment.store;
        let mut agent = store.agent(&"ana".parse().unwrap()).await.unwrap().unwrap();
        agent.banned = banned;
        assert!(AgentStore::replace(store, agent, None).await.unwrap());
    };
    ban(true).await;
    let refused = get(&site, "/keys", &ana).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    assert!(refused.text.contains("banned"), "{refused:?}");
    assert_eq!(get(&site, "/agents/me", &secret).await.status, 401);
    ban(false).await;
    assert_eq!(get(&site, "/agents/me", &secret).await.status, 401, "nothing is given back");
    let shown = get(&site, &webhook, &ana).await.json();
    let why = (&shown["enabled"], &shown["off_because"]);
    assert_eq!(why, (&json!(false), &json!("the account of who made it was banned")));
    assert_eq!(listed(&site, "/keys", &ana, "id").await, [id]);
    own_key(&site, &ana, "anew").await;
    let on = patch(&site, &webhook, &ana, "*", json!({"enabled": true})).await;
    assert_eq!((on.status, &on.json()["enabled"]), (200, &json!(true)), "but they switch it on again");
}

#[tokio::test]
async fn an_agent_has_so_many_keys_and_no_more() {
    let (site, signer) = signing_in().await;
    let ana = signer.token(&site, "ana");
    // Whoever made it: it is theirs to take back.
    key(&site, Reach::Agent("ana".parse().unwrap()), &[Scope::Read]).await;
    let mut ids = Vec::new();
    for _ in 1..MOST_KEYS_OF_AN_AGENT {
        ids.push(own_key(&site, &ana, "another").await.0);
    }
    let new = json!({"name": "one more", "scopes": ["read"]});
    let refused = post(&site, "/keys", &ana, new.clone()).await;
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (409, Some("limit-reached")),
        "{refused:?}"
    );
    assert_eq!(delete(&site, &format!("/keys/{}", ids[0]), &ana).await.status, 204);
    assert_eq!(post(&site, "/keys", &ana, new).await.status, 201, "one that is taken back makes room");
}
