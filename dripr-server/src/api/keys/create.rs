//! Making a key.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use chrono::{DateTime, Utc};
use dripr_core::{
    access::{ApiKey, MOST_KEYS_OF_AN_AGENT, NewApiKey, Scope, Scopes},
    ports::ApiKeyStore,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{KeyView, ScopeView};
use crate::api::{
    Api,
    body::Body,
    caller::Asking,
    conflict::Conflict,
    idempotency,
    problem::Problem,
    problems::Problems,
    reach::{ReachView, wanted},
    text::some_line,
};

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    /// What it is for.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Whose things it reaches; as far as `keeps` of `/me` says if it is not given.
    #[serde(default)]
    reach: Option<ReachView>,
    #[schema(min_items = 1)]
    scopes: Vec<ScopeView>,
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
}

/// A key with its secret, which is never shown again.
#[derive(Serialize, ToSchema)]
pub(super) struct ShownKey {
    key: KeyView,
    /// What the program sends as `Authorization: Bearer …`.
    secret: String,
}

/// Makes a key. Its secret is in the answer, and nowhere else ever. It needs the scope `admin`; agents who are signed in make keys that
/// reach them alone without it, and such a key is no admin.
#[utoipa::path(
    post, path = "/keys", tag = "keys", request_body = NewKey, responses((status = 201, body = ShownKey))
)]
pub(super) async fn create_key(
    State(api): State<Arc<Api>>,
    asking: Asking,
    headers: HeaderMap,
    Body(new): Body<NewKey>,
) -> Result<impl IntoResponse, Problem> {
    let keeper = asking.keeper()?;
    if headers.contains_key(idempotency::HEADER) {
        // Answers under such keys are kept, and this one has a secret in it.
        return Err(Problem::invalid("Idempotency-Key", "is not taken here: the secret is kept nowhere"));
    }
    let reach = wanted(&api, &keeper.reach, new.reach, "key").await?;
    let scopes: Scopes = new.scopes.into_iter().map(Scope::from).collect();
    if !keeper.scopes.cover(scopes) {
        return Err(Problem::forbidden("a key may do no more than who makes it"));
    }
    let mut problems = Problems::default();
    let name = problems.take(some_line("/name", &new.name));
    if scopes == Scopes::default() {
        problems.add(Problem::invalid("/scopes", "names none"));
    }
    let now = api.bench.clock.now();
    let own = asking.key_expires_at();
    if new.expires_at.is_some_and(|at| at <= now) {
        problems.add(Problem::invalid("/expires_at", "is over already"));
    } else if own.is_some_and(|own| new.expires_at.is_none_or(|at| at > own)) {
        let detail = "must not be later than that of the key that makes it";
        problems.add(Problem::invalid("/expires_at", detail));
    }
    let name = problems.unless_any(|| name)?;
    // Looked at before it is stored: of several that are made at the same moment each may be the last that there is room for. It
    // keeps anybody from filling the table, and no more depends on it.
    if !keeper.scopes.has(Scope::Admin) && api.store.count_api_keys(&reach).await? >= MOST_KEYS_OF_AN_AGENT {
        let most = MOST_KEYS_OF_AN_AGENT;
        let detail = format!("there are {most} keys of yours already, which is the most; take one back");
        return Err(Problem::conflict(Conflict::LimitReached, detail));
    }
    let new = NewApiKey { name, reach, scopes, expires_at: new.expires_at };
    let minted = ApiKey::mint(new, &keeper, &*api.entropy, now);
    if !api.store.put_api_key(minted.key.clone()).await? {
        // No id is made twice: who asks was let in a moment before they lost what it takes.
        return Err(Problem::forbidden(
            "what let you in does not reach as far any more, or the agent was removed",
        ));
    }
    let secret = minted.expose().to_owned();
    Ok((StatusCode::CREATED, Json(ShownKey { key: KeyView::of(minted.key), secret })))
}
