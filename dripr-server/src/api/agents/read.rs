//! Looking at an agent.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::access::Scope;

use super::view::AgentView;
use crate::api::{Api, caller::Asking, path::Path, problem::Problem, version::Versioned};

/// An agent. `me` is whoever asks.
#[utoipa::path(
    get, path = "/agents/{agent}", tag = "agents", params(("agent" = String, Path)),
    responses((status = 200, body = AgentView, headers(("ETag" = String))))
)]
pub(super) async fn read_agent(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
) -> Result<Versioned<AgentView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let version = agent.version.to_string();
    Ok(Versioned { version, shown: AgentView::of(agent, api.bench.clock.now()) })
}
