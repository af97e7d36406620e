//! Taking a key back.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use dripr_core::{ids::ApiKeyId, ports::ApiKeyStore};

use crate::api::{Api, caller::Asking, path::Path, problem::Problem, reach::lies_within};

/// Takes a key back: from the answer on it admits nobody.
#[utoipa::path(
    delete, path = "/keys/{key}", tag = "keys", params(("key" = String, Path)),
    responses((status = 204, description = "It is done."))
)]
pub(super) async fn revoke_key(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(key): Path<String>,
) -> Result<StatusCode, Problem> {
    let keeper = asking.keeper()?;
    let none = || Problem::not_found("key");
    let id = ApiKeyId::new(key).map_err(|_| none())?;
    let key = api.store.api_key(&id).await?.ok_or_else(none)?;
    if !lies_within(&api, &key.reach, &keeper.reach).await? {
        return Err(none());
    }
    api.store.revoke_api_key(&id, asking.0.actor.clone(), api.bench.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
