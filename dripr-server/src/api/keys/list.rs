//! Listing keys.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::ApiKey, ids::ApiKeyId, ports::ApiKeyStore};

use super::KeyView;
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    problem::Problem,
};

/// The keys that the caller keeps: all that reach no farther than an admin, whoever made them; for other agents who are signed in, all
/// that reach them alone.
#[utoipa::path(get, path = "/keys", tag = "keys", params(Part), responses((status = 200, body = Page<KeyView>)))]
pub(super) async fn list_keys(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<KeyView>>, Problem> {
    let keeper = asking.keeper()?;
    let (limit, after) = (part.limit()?, part.after::<ApiKeyId>()?);
    let keys = api.store.api_keys(&keeper.reach, after, limit + 1).await?;
    Ok(Json(Page::of(keys, limit, |key: &ApiKey| key.id.to_string(), KeyView::of)))
}
