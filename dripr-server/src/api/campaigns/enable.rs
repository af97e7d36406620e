//! Letting a campaign run.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use dripr_core::campaign::Action;

use super::act_on;
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// Lets a campaign run.
#[utoipa::path(
    post, path = "/agents/{agent}/campaigns/{campaign}/enable", tag = "campaigns",
    params(("agent" = String, Path), ("campaign" = String, Path)),
    responses((status = 204, description = "It is done."))
)]
pub(super) async fn enable_campaign(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(named): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    act_on(&api, &asking, &named, Action::Enable).await
}
