//! Signing in to the API with a session token of Clerk's: the published one, on the day on which it was good.

use dripr_core::{
    access::{Membership, Role},
    campaign::{Action, Actor},
    ports::{AgentStore, Clock, EmailStore},
    testkit::samples,
};
use serde_json::{Value, json};

use crate::{
    loopback::{Loopback, Reply},
    signer::signing_in,
    site::{Site, shown},
};

fn vector() -> Value {
    let file = include_str!("../../../dripr-adapters/tests/data/providers/clerk/session-jwt.vector-1.json");
    serde_json::from_str(file).unwrap()
}

#[tokio::test]
async fn an_agent_signs_in_and_sees_what_is_their_own() {
    let vector = vector();
    let claims = &vector["claims"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let keys = Loopback::giving([Reply::ok(vector["jwks"].to_string())]).await;
    let lines = format!(
        "[clerk]\nissuer = {}\nauthorized_parties = [{}]\njwks_url = \"{}/jwks\"\n\
         [http]\nallowed_origins = [\"https://app.example.com\"]\n",
        claims["iss"], claims["azp"], keys.base_url
    );
    let site = Site::new(&lines, &[]).await;
    let good = dripr_core::schedule::Instant::from_timestamp(claims["iat"].as_i64().unwrap(), 0).unwrap();
    site.clock.set(good);
    let token = text(&vector["jwt"]);
    let ask = async |path: &str, token: &str| {
        let url = format!("{}/api/v1{path}", site.base);
        shown(site.client.get(url).bearer_auth(token).header("origin", "https://app.example.com")).await
    };
    let early = ask("/agents/me", &token).await;
    assert_eq!(early.status, 403, "Clerk has not told of the account yet: {}", early.text);
    assert!(early.text.contains("urn:dripr:problem:account-not-ready"), "{}", early.text);
    assert_eq!(early.headers["retry-after"], "5");
    for _ in 0..40 {
        let waiting = ask("/me", &token).await;
        assert_eq!(waiting.status, 403, "waiting is no sign-in that fails: {}", waiting.text);
    }

    let mut agent = samples::agent(&text(&claims["sub"]), site.clock.now()).unwrap();
    agent.first_name = "Zoë".to_owned();
    let event = samples::user_created(&agent);
    assert!(
        site.deployment.store.register(agent, event, dripr_core::campaign::Actor::Operator).await.unwrap()
    );
    let own = ask("/agents/me", &token).await;
    assert_eq!(own.status, 200, "{}", own.text);
    assert!(own.text.contains("Zoë"));
    assert_eq!(own.headers["access-control-allow-origin"], "https://app.example.com");
    let me: Value = serde_json::from_str(&ask("/me", &token).await.text).unwrap();
    let ends = dripr_core::schedule::Instant::from_timestamp(claims["exp"].as_i64().unwrap(), 0).unwrap();
    assert_eq!(
        me,
        json!({
            "actor": {"type": "agent", "id": claims["sub"]}, "reach": {"of": "agent", "agent_id": claims["sub"]},
            "scopes": ["read", "write", "approve"], "expires_at": ends, "agent_id": claims["sub"],
            "read_only_because": null,
            "keeps": {"reach": {"of": "agent", "agent_id": claims["sub"]}, "scopes": ["read", "write", "approve"]},
        })
    );
    assert_eq!(ask("/agents/ana", &token).await.status, 404, "another's account");
    let link = format!("{}/api/v1/agents/me/mailbox/link", site.base);
    let link = shown(site.client.post(link).bearer_auth(&token)).await;
    assert!(link.text.contains("no-gmail"), "an agent may connect their own mailbox: {}", link.text);
    assert_eq!(ask("/keys", &token).await.status, 200, "an agent keeps their own");

    let mut forged = token.clone().into_bytes();
    let middle = token.len() / 2;
    forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
    assert_eq!(ask("/agents/me", &String::from_utf8(forged).unwrap()).await.status, 401);
    let removed = text(&claims["sub"]).parse().unwrap();
    assert!(AgentStore::remove(&*site.deployment.store, &removed, good).await.unwrap());
    assert_eq!(ask("/agents/me", &token).await.status, 401, "whoever was removed does not come back");

    site.clock.set(good + chrono::TimeDelta::minutes(10));
    let late = ask("/agents/me", &token).await;
    assert_eq!(late.status, 401);
    assert!(late.text.contains("has ended"), "{}", late.text);
}

#[tokio::test]
async fn who_is_let_in_as_somebody_else_may_only_look() {
    let (site, signer) = signing_in().await;
    let mut admin = samples::agent("admin", site.clock.now()).unwrap();
    admin.membership =
        Membership { brokerage: Some("north".parse().unwrap()), team: None, role: Role::Admin };
    let event = samples::user_created(&admin);
    assert!(site.deployment.store.register(admin, event, Actor::Operator).await.unwrap());
    let (own, support) = (signer.token(&site, "admin"), signer.token_of_another(&site, "admin"));
    let pause = async |token: &str| {
        let request = site.client.post(format!("{}/api/v1/agents/me/pause", site.base)).bearer_auth(token);
        shown(request.json(&json!({"because": "on leave"}))).await.status
    };
    let look = async |path: &str, token: &str| {
        shown(site.client.get(format!("{}/api/v1{path}", site.base)).bearer_auth(token)).await.status
    };
    assert_eq!(look("/agents/me", &support).await, 200);
    assert_eq!(look("/keys", &support).await, 403, "nor do they see what admins keep");
    assert_eq!(pause(&support).await, 403);
    let me = async |token: &str| {
        let shown = shown(site.client.get(format!("{}/api/v1/me", site.base)).bearer_auth(token)).await;
        serde_json::from_str::<Value>(&shown.text).unwrap()
    };
    let support_ = me(&support).await;
    assert_eq!((&support_["scopes"], &support_["agent_id"]), (&json!(["read"]), &json!("admin")));
    assert!(support_["read_only_because"].is_string(), "{support_}");
    assert_eq!(support_["keeps"], json!(null));
    let own_ = me(&own).await;
    assert_eq!(own_["scopes"], json!(["read", "write", "approve", "admin"]));
    assert_eq!(own_["reach"], json!({"of": "brokerage", "brokerage_id": "north"}));
    assert_eq!(own_["read_only_because"], json!(null));
    assert_eq!(own_["keeps"], json!({"reach": own_["reach"], "scopes": own_["scopes"]}));
    assert_eq!(look("/keys", &own).await, 200);
    assert_eq!(pause(&own).await, 200);
}

#[tokio::test]
async fn what_a_team_lead_approves_for_an_agent_is_told_as_theirs() {
    let (site, signer) = signing_in().await;
    let store = &site.deployment.store;
    let of_the_team = |role| Membership {
        brokerage: Some("north".parse().unwrap()),
        team: Some("blue".parse().unwrap()),
        role,
    };
    let mut lead = samples::agent("lead", site.clock.now()).unwrap();
    lead.membership = of_the_team(Role::TeamLead);
    let event = samples::user_created(&lead);
    assert!(store.register(lead, event, Actor::Operator).await.unwrap());
    let mut ana = store.agent(&"ana".parse().unwrap()).await.unwrap().unwrap();
    ana.membership = of_the_team(Role::Agent);
    assert!(store.replace(ana, None).await.unwrap());
    site.command(Action::RequireApproval { check_before_sending: true }).await;
    site.until("2026-03-11T20:00:00Z").await;

    let token = signer.token(&site, "lead");
    let seen = store.email(&site.email()).await.unwrap().unwrap().content_hash.to_string();
    let url = format!("{}/api/v1/agents/ana/emails/{}/approve", site.base, site.email());
    let request = site.client.post(url).bearer_auth(&token).json(&json!({"content_hash": seen}));
    let approved = shown(request).await;
    assert_eq!(approved.status, 200, "{}", approved.text);
    let approved: Value = serde_json::from_str(&approved.text).unwrap();
    assert_eq!(approved["approved_by"], json!({"type": "agent", "id": "lead"}));
}
