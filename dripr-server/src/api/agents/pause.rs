//! Stopping all that an agent sends.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::{
    access::Reach,
    agent::{Pause, PauseCause},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{amend, view::AgentView};
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

/// Stops all that an agent sends, until it is resumed. What an admin stopped an operator stops anew; else one who is stopped already
/// stays as they are.
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
    let now = api.bench.clock.now();
    let cause = match asking.0.reach {
        Reach::Deployment => PauseCause::Operator,
        Reach::Brokerage(_) | Reach::Team(..) | Reach::Agent(_) => PauseCause::Admin,
    };
    let agent = amend(&api, &asking, &agent, |agent| {
        let detail = some_line("/because", &reason.because)?;
        let is_news = agent.pause(Pause { since: now, cause, detail: detail.clone() });
        Ok(is_news.then(|| asking.audit(&api, "paused", Some(detail))))
    });
    let agent = agent.await?;
    Ok(Versioned { version: agent.version.to_string(), shown: AgentView::of(agent, now) })
}
