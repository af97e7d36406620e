//! `/me`: who asks.

use std::sync::Arc;

use axum::Json;
use chrono::{DateTime, Utc};
use dripr_core::{access::Caller, campaign::Actor};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, caller::Asking, keys::ScopeView, problem::Problem, reach::ReachView};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(read_me))
}

/// Who asks, whom they reach and what they may do.
#[derive(Debug, Serialize, ToSchema)]
struct MeView {
    actor: ActorView,
    /// Whose things they reach.
    reach: ReachView,
    /// What they may do there.
    scopes: Vec<ScopeView>,
    /// Until when the key, or the token of the session, is taken; null if it does not end.
    expires_at: Option<DateTime<Utc>>,
    /// The agent whom `me` means in an address, if there is one.
    agent_id: Option<String>,
    /// Which keys and webhooks they keep: see, make and take away; null if they keep none.
    keeps: Option<KeepsView>,
    /// Why they may only look where they could do more, for people.
    read_only_because: Option<String>,
}

/// Which keys and webhooks somebody keeps.
#[derive(Debug, Serialize, ToSchema)]
struct KeepsView {
    /// How far they reach at most.
    reach: ReachView,
    /// What a key of them may do at most.
    scopes: Vec<ScopeView>,
}

/// As whom somebody stands in the history of what they change.
#[derive(Debug, Serialize, ToSchema)]
struct ActorView {
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    kind: ActorKind,
    id: String,
}

/// What somebody is who asks.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ActorKind {
    /// An agent who is signed in.
    Agent,
    /// A program that came by a key.
    Key,
}

impl KeepsView {
    fn of(keeper: Caller) -> Self {
        Self { reach: keeper.reach.into(), scopes: keeper.scopes.iter().map(Into::into).collect() }
    }
}

/// Who asks. It needs no scope.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, body = MeView)))]
async fn read_me(asking: Asking) -> Result<Json<MeView>, Problem> {
    let (kind, id) = match &asking.0.actor {
        Actor::User(id) => (ActorKind::Agent, id.to_string()),
        Actor::ApiKey(id) => (ActorKind::Key, id.to_string()),
        // None of them comes over HTTP.
        Actor::System | Actor::Recipient | Actor::Provider | Actor::Operator => {
            return Err(Problem::forbidden("nobody who could be named asks"));
        }
    };
    Ok(Json(MeView {
        actor: ActorView { kind, id },
        expires_at: asking.expires_at(),
        keeps: asking.0.keeper().map(KeepsView::of),
        agent_id: asking.own_agent().map(ToString::to_string),
        read_only_because: asking.read_only_because().map(str::to_owned),
        scopes: asking.0.scopes.iter().map(Into::into).collect(),
        reach: asking.0.reach.into(),
    }))
}
