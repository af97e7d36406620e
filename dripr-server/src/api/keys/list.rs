//! Listing keys.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::{ApiKey, Reach, Scope},
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

/// The keys that reach as far as the caller: all of them for an operator.
#[utoipa::path(get, path = "/keys", tag = "keys", params(Part), responses((status = 200, body = Page<KeyView>)))]
pub(super) async fn list_keys(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<KeyView>>, Problem> {
    asking.may(Scope::Admin)?;
    let (limit, after) = (part.limit()?, part.after::<ApiKeyId>()?);
    let of = match &asking.0.reach {
        Reach::Deployment => None,
        own => Some(own.clone()),
    };
    let keys = api.store.api_keys(of, after, limit + 1).await?;
    Ok(Json(Page::of(keys, limit, |key: &ApiKey| key.id.to_string(), KeyView::of)))
}
