//! Trying a failed campaign again.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::campaign::Action;

use super::{act_on, view::CampaignView};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem, version::Versioned};

/// Tries a failed campaign again now.
#[utoipa::path(
    post, path = "/agents/{agent}/campaigns/{campaign}/retry", tag = "campaigns",
    params(("agent" = String, Path), ("campaign" = String, Path)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))))
)]
pub(super) async fn retry_campaign(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(named): Path<(String, String)>,
) -> Result<Versioned<CampaignView>, Problem> {
    act_on(&api, &asking, &named, Action::Retry).await
}
