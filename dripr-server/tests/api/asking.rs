//! Somebody who asks the API.

use dripr_core::{
    access::{ApiKey, Caller, Membership, NewApiKey, Reach, Role, Scope, Scopes},
    campaign::Actor,
    ports::{AgentStore, ApiKeyStore, Clock},
    testkit::samples,
};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::site::Site;

pub(crate) const NOBODY: &str = "019d0000-0000-7000-8000-000000000000";

/// An answer, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) kind: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) async fn site() -> Site {
    Site::new("", &[]).await
}

/// A key of some reach.
pub(crate) async fn key(site: &Site, reach: Reach, scopes: &[Scope]) -> String {
    let scopes: Scopes = scopes.iter().copied().collect();
    let new = NewApiKey { name: "a test's".to_owned(), reach, scopes, expires_at: None };
    let deployment = &site.deployment;
    let minted = ApiKey::mint(new, &Caller::operator(), &*deployment.entropy, site.clock.now());
    assert!(deployment.store.put_api_key(minted.key.clone()).await.unwrap());
    minted.expose().to_owned()
}

pub(crate) async fn operator(site: &Site) -> String {
    key(site, Reach::Deployment, &Scope::ALL).await
}

/// Another agent of a brokerage.
pub(crate) async fn agent(site: &Site, id: &str, brokerage: Option<&str>, team: Option<&str>, role: Role) {
    let mut agent = samples::agent(id, site.clock.now()).unwrap();
    agent.membership = Membership {
        brokerage: brokerage.map(|id| id.parse().unwrap()),
        team: team.map(|id| id.parse().unwrap()),
        role,
    };
    let event = samples::user_created(&agent);
    assert!(site.deployment.store.register(agent, event, Actor::Operator).await.unwrap());
}

pub(crate) fn request(site: &Site, method: Method, path: &str, key: &str) -> RequestBuilder {
    site.client.request(method, format!("{}/api/v1{path}", site.base)).bearer_auth(key)
}

pub(crate) async fn ask(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (status, etag) = (response.status().as_u16(), header("etag"));
    let kind = header("content-type").unwrap_or_default();
    Answer { status, etag, kind, text: response.text().await.unwrap() }
}

pub(crate) async fn get(site: &Site, path: &str, key: &str) -> Answer {
    ask(request(site, Method::GET, path, key)).await
}

pub(crate) async fn post(site: &Site, path: &str, key: &str, body: Value) -> Answer {
    ask(request(site, Method::POST, path, key).json(&body)).await
}

pub(crate) async fn patch(site: &Site, path: &str, key: &str, etag: &str, body: Value) -> Answer {
    ask(request(site, Method::PATCH, path, key).header("if-match", etag).json(&body)).await
}

pub(crate) async fn delete(site: &Site, path: &str, key: &str) -> Answer {
    ask(request(site, Method::DELETE, path, key)).await
}
