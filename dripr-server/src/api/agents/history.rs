//! What was done by and for an agent.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, ports::AgentStore};

use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    history::HistoryLine,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// What was done by and for an agent, campaigns included, the newest first.
#[utoipa::path(
    get, path = "/agents/{agent}/history", tag = "agents", params(("agent" = String, Path), Part),
    responses((status = 200, body = Page<HistoryLine>))
)]
pub(super) async fn list_agent_history(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<HistoryLine>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let (limit, before) = (part.limit()?, part.after::<u64>()?);
    let lines = api.store.agent_history(&agent.id, None, before, limit + 1).await?;
    Ok(Json(Page::of(lines, limit, |line| line.number.to_string(), HistoryLine::of)))
}
