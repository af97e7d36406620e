//! Signing in to the API with a session token of Clerk's: the published one, on the day on which it was good.

use dripr_core::{
    ports::{AgentStore, Clock},
    testkit::samples,
};
use serde_json::Value;

use crate::{
    loopback::{Loopback, Reply},
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
    assert_eq!(early.status, 401, "Clerk has not told of the account yet: {}", early.text);

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
    assert_eq!(ask("/agents/ana", &token).await.status, 404, "another's account");
    assert_eq!(ask("/keys", &token).await.status, 403, "an agent keeps no keys");

    let mut forged = token.clone().into_bytes();
    let middle = token.len() / 2;
    forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
    assert_eq!(ask("/agents/me", &String::from_utf8(forged).unwrap()).await.status, 401);
    site.clock.set(good + chrono::TimeDelta::minutes(10));
    let late = ask("/agents/me", &token).await;
    assert_eq!(late.status, 401);
    assert!(late.text.contains("has ended"), "{}", late.text);
}
