//! Listing addresses that an agent must not write to.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, email::Suppression, ports::ContactStore};

use super::SuppressionView;
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// The addresses that an agent must not write to.
#[utoipa::path(
    get, path = "/agents/{agent}/suppressions", tag = "suppressions", params(("agent" = String, Path), Part),
    responses((status = 200, body = Page<SuppressionView>))
)]
pub(super) async fn list_suppressions(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<SuppressionView>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let (limit, after) = (part.limit()?, part.after::<String>()?);
    let suppressions = api.store.suppressions(&agent.id, after, limit + 1).await?;
    let key = |suppression: &Suppression| suppression.address.key();
    Ok(Json(Page::of(suppressions, limit, key, SuppressionView::of)))
}
