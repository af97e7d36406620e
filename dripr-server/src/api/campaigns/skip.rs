//! Ending a month without an email.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::campaign::Action;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{act_on, view::CampaignView};
use crate::api::{
    Api, body::Body, caller::Asking, path::Path, problem::Problem, text::line, version::Versioned,
};

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Skipping {
    /// Why, for people; kept in the history.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: Option<String>,
}

/// Ends the present month of a campaign without an email.
#[utoipa::path(
    post, path = "/agents/{agent}/campaigns/{campaign}/skip", tag = "campaigns", request_body = Skipping,
    params(("agent" = String, Path), ("campaign" = String, Path)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))))
)]
pub(super) async fn skip_cycle(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(named): Path<(String, String)>,
    Body(skipping): Body<Skipping>,
) -> Result<Versioned<CampaignView>, Problem> {
    let reason = skipping.reason.map(|reason| line("/reason", &reason)).transpose()?;
    let reason = reason.filter(|reason| !reason.is_empty());
    act_on(&api, &asking, &named, Action::Skip { reason }).await
}
