//! Stopping all that an agent sends.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::{
    access::{Reach, Scope},
    agent::{Pause, PauseCause},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{replace, view::AgentView};
use crate::api::{
    Api, body::Body, caller::Asking, path::Path, problem::Problem, text::some_line, version::Versioned,
};

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    /// Why; the agent is told.
    #[schema(min_length = 1, max_length = 200)]
    because: String,
}

/// Stops all that an agent sends, until it is resumed.
#[utoipa::path(
    post, path = "/agents/{agent}/pause", tag = "agents", request_body = Reason, params(("agent" = String, Path)),
    responses((status = 200, body = AgentView, headers(("ETag" = String))))
)]
pub(super) async fn pause_agent(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Body(reason): Body<Reason>,
) -> Result<Versioned<AgentView>, Problem> {
    let mut agent = asking.agent(&api, &agent, Scope::Admin).await?;
    let (now, detail) = (api.bench.clock.now(), some_line("/because", &reason.because)?);
    if agent.paused.is_none() {
        let cause = match asking.0.reach {
            Reach::Deployment => PauseCause::Operator,
            Reach::Brokerage(_) | Reach::Team(..) | Reach::Agent(_) => PauseCause::Admin,
        };
        agent.paused = Some(Pause { since: now, cause, detail: detail.clone() });
        agent = replace(&api, agent, asking.audit(&api, "paused", Some(detail))).await?;
    }
    Ok(Versioned { version: agent.version.to_string(), shown: AgentView::of(agent, now) })
}
