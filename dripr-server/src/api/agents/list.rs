//! Listing agents.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, ids::UserId, ports::AgentStore};

use super::view::AgentView;
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    problem::Problem,
};

/// Agents in reach of the caller.
#[utoipa::path(get, path = "/agents", tag = "agents", params(Part), responses((status = 200, body = Page<AgentView>)))]
pub(super) async fn list_agents(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<AgentView>>, Problem> {
    asking.may(Scope::Read)?;
    let (limit, after) = (part.limit()?, part.after::<UserId>()?);
    let mut agents = api.store.agents(&asking.0.reach, after, limit + 1).await?;
    let now = api.bench.clock.now();
    let more = agents.len() > limit;
    agents.truncate(limit);
    let last = agents.last().filter(|_| more).map(|agent| agent.id.to_string());
    agents.retain(|agent| agent.deleted_at.is_none());
    Ok(Json(Page::ending(agents.into_iter().map(|agent| AgentView::of(agent, now)).collect(), last)))
}
