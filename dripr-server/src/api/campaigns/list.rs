//! Listing campaigns.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    campaign::Dossier,
    content::ZipCode,
    email::EmailAddress,
    ids::{CampaignId, ContactId, UserId},
    ports::{CampaignFilter, CampaignStore, ContactStore},
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
    /// Only those to this contact.
    contact: Option<String>,
    /// Only those about this ZIP code.
    #[param(value_type = Option<String>, pattern = "^[0-9]{5}(-[0-9]{4})?$")]
    zip_code: Option<ZipCode>,
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
    let to = match &filter.contact {
        None => filter.email,
        Some(named) => {
            let address = address_of(&api, &agent.id, named).await?;
            let asked = |known: &EmailAddress| filter.email.is_none_or(|to| to.key() == known.key());
            let Some(address) = address.filter(asked) else {
                return Ok(Json(Page::ending(Vec::new(), None)));
            };
            Some(address)
        }
    };
    let filter = CampaignFilter {
        user_id: Some(agent.id),
        status: filter.status.map(Into::into),
        to,
        zip_code: filter.zip_code,
        needs_agent: filter.needs_agent,
        enabled: filter.enabled,
    };
    let campaigns = api.store.list(&filter, after, limit + 1).await?;
    let key = |dossier: &Dossier| dossier.campaign.id.to_string();
    Ok(Json(Page::of(campaigns, limit, key, |dossier| CampaignView::of(&api.bench, dossier))))
}

/// Where an agent's contact is written to; no other contact of the agent has that address.
async fn address_of(api: &Api, user: &UserId, named: &str) -> Result<Option<EmailAddress>, Problem> {
    // What cannot be an id is no contact's.
    let Ok(id) = ContactId::new(named) else { return Ok(None) };
    let contact = api.store.contact(&id).await?;
    let contact = contact.filter(|known| known.user_id == *user && known.deleted_at.is_none());
    Ok(contact.map(|known| known.email))
}
