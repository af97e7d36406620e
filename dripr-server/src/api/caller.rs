//! Who asks, and whom they reach.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use dripr_core::{
    access::{ApiKey, Caller, Reach, Scope},
    agent::Agent,
    campaign::{Actor, AuditEntry},
    ids::UserId,
    ports::{AgentStore, ApiKeyStore},
    schedule::Instant,
};

use super::{Api, problem::Problem};

/// Somebody who is known, and by what they were let in.
#[derive(Clone)]
pub(super) struct Asking(pub(super) Caller, Admission);

/// What somebody was let in by.
#[derive(Clone)]
struct Admission {
    /// Until when it is taken.
    until: Option<Instant>,
    /// Why they may only look where they could do more.
    read_only_because: Option<&'static str>,
}

/// What is told to everybody whose key or token is not taken, whatever is wrong with it.
const UNKNOWN: &str =
    "send an API key, or the token of somebody who is signed in, as `Authorization: Bearer …`";

impl FromRequestParts<Arc<Api>> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let unknown = || Problem::unauthorized(UNKNOWN);
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let token = token(&parts.headers).ok_or_else(unknown)?;
        let Some((id, secret)) = ApiKey::parts(token) else {
            return signed_in(api, token).await;
        };
        let key = api.store.api_key(&id).await?.ok_or_else(unknown)?;
        let caller = key.admit(secret, api.bench.clock.now());
        let caller = caller.map_err(|unusable| Problem::unauthorized(unusable.to_string()))?;
        Ok(Self(caller, Admission { until: key.expires_at, read_only_because: None }))
    }
}

/// What a request brings to say who asks.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())?;
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whoever a session token was given to.
#[cfg(feature = "clerk")]
async fn signed_in(api: &Api, token: &str) -> Result<Asking, Problem> {
    let Some(sessions) = &api.sessions else { return Err(Problem::unauthorized(UNKNOWN)) };
    let session = sessions.verify(token).await.map_err(|problem| match problem {
        dripr_adapters::clerk::session::SessionProblem::KeysUnavailable(error) => Problem::from(error),
        other => Problem::unauthorized(other.to_string()),
    })?;
    let removed = || Problem::unauthorized("the account of this session was removed");
    let Some(agent) = api.store.agent(&session.user_id).await? else {
        // Clerk tells of new accounts by a webhook, which may come later than they themselves.
        let is_removed = api.store.is_removed(&session.user_id).await?;
        return Err(if is_removed { removed() } else { Problem::account_not_ready() });
    };
    if agent.deleted_at.is_some() {
        return Err(removed());
    }
    if agent.banned {
        // A token is taken for a while after Clerk has ended its session.
        return Err(Problem::unauthorized("the account of this session is banned"));
    }
    let caller = Caller::signed_in(&agent);
    let until = Some(session.expires_at);
    if session.impersonated_by.is_some() {
        // History would say that it was the agent.
        let caller = Caller { scopes: [Scope::Read].into_iter().collect(), ..caller };
        let because = "somebody else was let in as this agent, who may only look";
        return Ok(Asking(caller, Admission { until, read_only_because: Some(because) }));
    }
    Ok(Asking(caller, Admission { until, read_only_because: None }))
}

#[cfg(not(feature = "clerk"))]
async fn signed_in(_: &Api, _: &str) -> Result<Asking, Problem> {
    Err(Problem::unauthorized(UNKNOWN))
}

impl Asking {
    /// Refuses what the caller may not do anywhere.
    pub(super) fn may(&self, scope: Scope) -> Result<(), Problem> {
        if self.0.scopes.has(scope) {
            return Ok(());
        }
        Err(Problem::forbidden(format!("this needs the scope {scope}")))
    }

    /// As whom the caller keeps keys and webhooks ([`Caller::keeper`]).
    pub(super) fn keeper(&self) -> Result<Caller, Problem> {
        let none = "this needs the scope admin, or that an agent is signed in, who keeps what is their own";
        self.0.keeper().ok_or_else(|| Problem::forbidden(self.read_only_because().unwrap_or(none)))
    }

    /// Whether emails of campaigns that the caller makes wait for an approval, given what they ask for. Only who may approve
    /// does without: or whoever may only write would decide by it what goes out.
    pub(super) fn check_before_sending(&self, asked: Option<bool>) -> Result<bool, Problem> {
        if asked == Some(false) {
            self.may(Scope::Approve)?;
        }
        Ok(asked.unwrap_or_else(|| !self.0.scopes.has(Scope::Approve)))
    }

    /// The agent that a path names, in reach of the caller, for something that needs a scope. `me` is whoever is signed in.
    pub(super) async fn agent(&self, api: &Api, named: &str, scope: Scope) -> Result<Agent, Problem> {
        self.may(scope)?;
        self.reached(api, named).await
    }

    /// The same, for whatever scope.
    pub(super) async fn reached(&self, api: &Api, named: &str) -> Result<Agent, Problem> {
        let none = || Problem::not_found("agent");
        let id = match (named, self.own_agent()) {
            ("me", Some(id)) => id.clone(),
            _ => UserId::new(named).map_err(|_| none())?,
        };
        let agent = api.store.agent(&id).await?.ok_or_else(none)?;
        if agent.deleted_at.is_none() && self.0.reach.covers(&agent) { Ok(agent) } else { Err(none()) }
    }

    /// The agent who is signed in, or whom alone a key reaches.
    pub(super) fn own_agent(&self) -> Option<&UserId> {
        match (&self.0.actor, &self.0.reach) {
            (Actor::User(id), _) | (_, Reach::Agent(id)) => Some(id),
            _ => None,
        }
    }

    /// Until when what let the caller in is taken, if it ends.
    pub(super) fn expires_at(&self) -> Option<Instant> {
        self.1.until
    }

    /// Until when the caller's own key works, if they came by one that ends.
    pub(super) fn key_expires_at(&self) -> Option<Instant> {
        self.1.until.filter(|_| matches!(self.0.actor, Actor::ApiKey(_)))
    }

    /// Why the caller may only look where they could do more.
    pub(super) fn read_only_because(&self) -> Option<&'static str> {
        self.1.read_only_because
    }

    /// A row of history by this caller.
    pub(super) fn audit(&self, api: &Api, what: &str, cause: Option<String>) -> AuditEntry {
        AuditEntry::of(what, self.0.actor.clone(), api.bench.clock.now(), cause)
    }
}
