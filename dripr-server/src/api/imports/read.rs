//! Reading an import.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::access::Scope;

use super::{find, view::ImportView};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// An import, and how far it is.
#[utoipa::path(
    get, path = "/agents/{agent}/imports/{import}", tag = "imports",
    params(("agent" = String, Path), ("import" = String, Path)), responses((status = 200, body = ImportView))
)]
pub(super) async fn read_import(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, import)): Path<(String, String)>,
) -> Result<Json<ImportView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let import = find(&api, &agent.id, &import).await?;
    Ok(Json(ImportView::of(import, api.bench.clock.now())))
}
