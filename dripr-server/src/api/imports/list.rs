//! Listing imports.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, ids::ImportId, imports::Import, ports::ImportStore};

use super::view::ImportView;
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// An agent's imports of the last 30 days, the newest first.
#[utoipa::path(
    get, path = "/agents/{agent}/imports", tag = "imports", params(("agent" = String, Path), Part),
    responses((status = 200, body = Page<ImportView>))
)]
pub(super) async fn list_imports(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<ImportView>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let (limit, before) = (part.limit()?, part.after::<ImportId>()?);
    let imports = api.store.imports(&agent.id, before, limit + 1).await?;
    let now = api.bench.clock.now();
    let view = |import| ImportView::of(import, now);
    Ok(Json(Page::of(imports, limit, |import: &Import| import.id.to_string(), view)))
}
