//! Letting a campaign run.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::campaign::Action;

use super::{act_on, view::CampaignView};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem, version::Versioned};

/// Lets a campaign run.
#[utoipa::path(
    post, path = "/agents/{agent}/campaigns/{campaign}/enable", tag = "campaigns",
    params(("agent" = String, Path), ("campaign" = String, Path)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))))
)]
pub(super) async fn enable_campaign(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(named): Path<(String, String)>,
) -> Result<Versioned<CampaignView>, Problem> {
    act_on(&api, &asking, &named, Action::Enable).await
}
