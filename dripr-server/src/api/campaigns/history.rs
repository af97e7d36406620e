//! What happened to a campaign.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, ports::AgentStore};

use super::find;
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    history::HistoryLine,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// What happened to a campaign, the newest first. It grows by some dozen lines a month.
#[utoipa::path(
    get, path = "/agents/{agent}/campaigns/{campaign}/history", tag = "campaigns",
    params(("agent" = String, Path), ("campaign" = String, Path), Part),
    responses((status = 200, body = Page<HistoryLine>))
)]
pub(super) async fn read_campaign_history(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, campaign)): Path<(String, String)>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<HistoryLine>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let id = find(&api, &agent.id, &campaign).await?.campaign.id;
    let (limit, before) = (part.limit()?, part.after::<u64>()?);
    let lines = api.store.agent_history(&agent.id, Some(id), before, limit + 1).await?;
    Ok(Json(Page::of(lines, limit, |line| line.number.to_string(), HistoryLine::of)))
}
