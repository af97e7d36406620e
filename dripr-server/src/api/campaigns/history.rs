//! What happened to a campaign.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use dripr_core::{access::Scope, ports::CampaignStore};

use super::find;
use crate::api::{Api, caller::Asking, history::HistoryLine, problem::Problem};

/// What happened to a campaign, the oldest first. It grows by some dozen lines a month.
#[utoipa::path(
    get, path = "/agents/{agent}/campaigns/{campaign}/history", tag = "campaigns",
    params(("agent" = String, Path), ("campaign" = String, Path)),
    responses((status = 200, body = Vec<HistoryLine>))
)]
pub(super) async fn read_campaign_history(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, campaign)): Path<(String, String)>,
) -> Result<Json<Vec<HistoryLine>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let id = find(&api, &agent.id, &campaign).await?.campaign.id;
    let entries = api.store.history(&id).await?;
    Ok(Json(entries.into_iter().map(|entry| HistoryLine::of(Some(id.clone()), entry)).collect()))
}
