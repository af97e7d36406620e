//! Removing an agent.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};

use super::amend;
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// Removes an agent: nothing of theirs is sent any more. What was sent stays in the history.
#[utoipa::path(
    delete, path = "/agents/{agent}", tag = "agents", params(("agent" = String, Path)),
    responses((status = 204, description = "It is done."))
)]
pub(super) async fn remove_agent(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
) -> Result<StatusCode, Problem> {
    let now = api.bench.clock.now();
    let removed = amend(&api, &asking, &agent, |agent| {
        agent.deleted_at = Some(now);
        Ok(Some(asking.audit(&api, "agent_removed", None)))
    });
    removed.await?;
    Ok(StatusCode::NO_CONTENT)
}
