//! Letting an agent send again.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::{access::Reach, agent::PauseCause};

use super::{amend, view::AgentView};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem, version::Versioned};

/// Lets an agent send again whose sending was stopped. What an operator stopped, or complaints did, only an operator lifts.
#[utoipa::path(
    post, path = "/agents/{agent}/resume", tag = "agents", params(("agent" = String, Path)),
    responses((status = 200, body = AgentView, headers(("ETag" = String))))
)]
pub(super) async fn resume_agent(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
) -> Result<Versioned<AgentView>, Problem> {
    let now = api.bench.clock.now();
    let by_operator = asking.0.reach == Reach::Deployment;
    let agent = amend(&api, &asking, &agent, |agent| {
        if !by_operator && !matches!(asking.0.reach, Reach::Brokerage(_)) {
            return Err(Problem::forbidden(
                "only admins of a brokerage and operators let an agent send again",
            ));
        }
        let Some(pause) = agent.paused.take() else { return Ok(None) };
        if pause.cause != PauseCause::Admin && !by_operator {
            return Err(Problem::forbidden("only an operator lifts a stop of theirs, or one for complaints"));
        }
        if by_operator {
            // Complaints of before do not count again: that is for an operator to say.
            agent.resumed_at = Some(now);
        }
        Ok(Some(asking.audit(&api, "resumed", None)))
    });
    let agent = agent.await?;
    Ok(Versioned { version: agent.version.to_string(), shown: AgentView::of(agent, now) })
}
