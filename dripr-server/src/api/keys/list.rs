//! Listing keys.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::{ApiKey, Scope},
    ids::ApiKeyId,
    ports::ApiKeyStore,
};

use super::KeyView;
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    problem::Problem,
};

/// The keys that reach no farther than the caller: all of them for an operator.
#[utoipa::path(get, path = "/keys", tag = "keys", params(Part), responses((status = 200, body = Page<KeyView>)))]
pub(super) async fn list_keys(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<KeyView>>, Problem> {
    asking.may(Scope::Admin)?;
    let (limit, after) = (part.limit()?, part.after::<ApiKeyId>()?);
    let keys = api.store.api_keys(&asking.0.reach, after, limit + 1).await?;
    Ok(Json(Page::of(keys, limit, |key: &ApiKey| key.id.to_string(), KeyView::of)))
}
