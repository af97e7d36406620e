//! Removing a campaign.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use dripr_core::{access::Scope, campaign::Action};

use super::{act, find};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// Removes a campaign. What it sent stays known, so that one that is made again for the same home does not send too soon.
#[utoipa::path(
    delete, path = "/agents/{agent}/campaigns/{campaign}", tag = "campaigns",
    params(("agent" = String, Path), ("campaign" = String, Path)),
    responses((status = 204, description = "It is done."))
)]
pub(super) async fn remove_campaign(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, campaign)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let dossier = find(&api, &agent.id, &campaign).await?;
    act(&api, &asking, &dossier.campaign.id, Action::Delete).await?;
    Ok(StatusCode::NO_CONTENT)
}
