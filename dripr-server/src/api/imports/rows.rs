//! What became of the rows of an import.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, imports::ImportLine, ports::ImportStore};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    find,
    view::{OutcomeView, RowView},
};
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// Which rows are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those of which this became.
    #[param(inline)]
    outcome: Option<OutcomeView>,
}

/// The rows of an import of which there is something to tell: those that cannot be used, were there already, are of people who want
/// no mail, or could not be verified. All others went as they stand in the file.
#[utoipa::path(
    get, path = "/agents/{agent}/imports/{import}/rows", tag = "imports",
    params(("agent" = String, Path), ("import" = String, Path), Filter, Part),
    responses((status = 200, body = Page<RowView>))
)]
pub(super) async fn list_import_rows(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, import)): Path<(String, String)>,
    Parameters(filter): Parameters<Filter>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<RowView>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let import = find(&api, &agent.id, &import).await?;
    let (limit, after) = (part.limit()?, part.after::<u64>()?);
    let fate = filter.outcome.map(OutcomeView::name);
    let lines = api.store.import_lines(&import.id, fate, after, limit + 1).await?;
    Ok(Json(Page::of(lines, limit, |line: &ImportLine| line.row.to_string(), RowView::of)))
}
