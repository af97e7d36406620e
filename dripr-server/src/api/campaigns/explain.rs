//! Why nothing happens.

use std::sync::Arc;

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use dripr_core::{access::Scope, campaign::explain};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    find,
    phase::{CampaignPhaseView, CampaignStageView},
    view::CampaignStatusView,
};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// What holds a campaign.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExplanationView {
    status: CampaignStatusView,
    phase: CampaignPhaseView,
    stage: CampaignStageView,
    /// The gate that holds it, as a short name that stays the same.
    #[schema(example = "approval")]
    gate: &'static str,
    /// The gate in one sentence.
    because: String,
    /// Since when it holds.
    since: DateTime<Utc>,
    /// When it is looked at next; null if only somebody's doing can open it.
    next_look: Option<DateTime<Utc>>,
}

/// Says which gate holds a campaign, since when, and when it is looked at next.
#[utoipa::path(
    get, path = "/agents/{agent}/campaigns/{campaign}/explain", tag = "campaigns",
    params(("agent" = String, Path), ("campaign" = String, Path)),
    responses((status = 200, body = ExplanationView))
)]
pub(super) async fn explain_campaign(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, campaign)): Path<(String, String)>,
) -> Result<Json<ExplanationView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let dossier = find(&api, &agent.id, &campaign).await?;
    let facts = dossier.facts(api.bench.clock.now(), &api.bench.policy);
    let explanation = explain(&dossier.campaign, &facts);
    Ok(Json(ExplanationView {
        status: explanation.status.into(),
        phase: explanation.phase.into(),
        stage: explanation.stage.into(),
        gate: explanation.gate,
        because: explanation.because,
        since: explanation.since,
        next_look: explanation.next_look,
    }))
}
