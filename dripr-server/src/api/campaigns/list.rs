//! Listing campaigns.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    campaign::Dossier,
    email::EmailAddress,
    ids::CampaignId,
    ports::{CampaignFilter, CampaignStore},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{CampaignStatusView, CampaignView};
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// Which campaigns are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those in this status.
    #[param(inline)]
    status: Option<CampaignStatusView>,
    /// Those that need their agent, or those that do not.
    needs_agent: Option<bool>,
    /// Those that are enabled, or those that are not.
    enabled: Option<bool>,
    /// Only those to this address.
    #[param(value_type = Option<String>, format = "email")]
    email: Option<EmailAddress>,
}

/// An agent's campaigns.
#[utoipa::path(
    get, path = "/agents/{agent}/campaigns", tag = "campaigns", params(("agent" = String, Path), Filter, Part),
    responses((status = 200, body = Page<CampaignView>))
)]
pub(super) async fn list_campaigns(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Parameters(filter): Parameters<Filter>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<CampaignView>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let (limit, after) = (part.limit()?, part.after::<CampaignId>()?);
    let filter = CampaignFilter {
        user_id: Some(agent.id),
        status: filter.status.map(Into::into),
        to: filter.email,
        needs_agent: filter.needs_agent,
        enabled: filter.enabled,
    };
    let campaigns = api.store.list(&filter, after, limit + 1).await?;
    let key = |dossier: &Dossier| dossier.campaign.id.to_string();
    Ok(Json(Page::of(campaigns, limit, key, CampaignView::of)))
}
