//! Listing campaigns.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    campaign::Dossier,
    contact::{Contact, ExternalId},
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
    /// Only those to the contact with this external id.
    #[param(value_type = Option<String>, min_length = 1, max_length = 255)]
    external_id: Option<ExternalId>,
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
    let Some(to) = filter.to(&api, &agent.id).await? else {
        return Ok(Json(Page::ending(Vec::new(), None)));
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

impl Filter {
    /// The address that the campaigns go to, if only those to one are wanted; nothing if no contact is as it has to be. A contact is
    /// named by its address: no other of the agent has that.
    async fn to(&self, api: &Api, user: &UserId) -> Result<Option<Option<EmailAddress>>, Problem> {
        let mut to = self.email.clone();
        let (named, known_elsewhere) = (self.contact.as_deref(), self.external_id.as_ref());
        if named.is_none() && known_elsewhere.is_none() {
            return Ok(Some(to));
        }
        let mut contacts = Vec::new();
        if let Some(named) = named {
            contacts.push(contact(api, user, named).await?);
        }
        if let Some(id) = known_elsewhere {
            contacts.push(api.store.contact_with(user, id).await?);
        }
        for contact in contacts {
            let asked = |known: &Contact| to.as_ref().is_none_or(|to| to.key() == known.email.key());
            let Some(contact) = contact.filter(asked) else { return Ok(None) };
            to = Some(contact.email);
        }
        Ok(Some(to))
    }
}

/// An agent's contact by its id.
async fn contact(api: &Api, user: &UserId, named: &str) -> Result<Option<Contact>, Problem> {
    // What cannot be an id is no contact's.
    let Ok(id) = ContactId::new(named) else { return Ok(None) };
    let contact = api.store.contact(&id).await?;
    Ok(contact.filter(|known| known.user_id == *user && known.deleted_at.is_none()))
}
