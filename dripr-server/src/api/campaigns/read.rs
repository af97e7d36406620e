//! Looking at a campaign.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::access::Scope;

use super::{find, view::CampaignView};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem, version::Versioned};

/// A campaign. Its ETag changes with what the agent chooses, not with what the engine does.
#[utoipa::path(
    get, path = "/agents/{agent}/campaigns/{campaign}", tag = "campaigns",
    params(("agent" = String, Path), ("campaign" = String, Path)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))))
)]
pub(super) async fn read_campaign(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, campaign)): Path<(String, String)>,
) -> Result<Versioned<CampaignView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let dossier = find(&api, &agent.id, &campaign).await?;
    Ok(CampaignView::versioned(&api.bench, dossier))
}
