//! Listing emails.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    email::Email,
    ids::{CampaignId, EmailId},
    ports::{EmailFilter, EmailStore},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::{DeliveryStatusView, EmailView};
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// Which emails are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those whose delivery stands so; `CREATED` are those that wait for approval.
    #[param(inline)]
    delivery_status: Option<DeliveryStatusView>,
    /// Only those of this campaign.
    campaign: Option<String>,
}

/// An agent's emails.
#[utoipa::path(
    get, path = "/agents/{agent}/emails", tag = "emails", params(("agent" = String, Path), Filter, Part),
    responses((status = 200, body = Page<EmailView>))
)]
pub(super) async fn list_emails(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Parameters(filter): Parameters<Filter>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<EmailView>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let (limit, after) = (part.limit()?, part.after::<EmailId>()?);
    let campaign_id = match filter.campaign.as_deref().map(CampaignId::new) {
        None => None,
        Some(Ok(id)) => Some(id),
        // What cannot be an id is no campaign's.
        Some(Err(_)) => return Ok(Json(Page::ending(Vec::new(), None))),
    };
    let filter = EmailFilter {
        user_id: Some(agent.id),
        campaign_id,
        delivery_status: filter.delivery_status.map(Into::into),
    };
    let emails = api.store.emails(&filter, after, limit + 1).await?;
    Ok(Json(Page::of(emails, limit, |email: &Email| email.id.to_string(), EmailView::of)))
}
