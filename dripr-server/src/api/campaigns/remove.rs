//! Removing a campaign.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use dripr_core::campaign::Action;

use super::act_on;
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
    Path(named): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    act_on(&api, &asking, &named, Action::Delete).await
}
