//! Listing contacts.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, contact::Contact, email::EmailAddress, ids::ContactId, ports::ContactStore};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::ContactView;
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// Which contacts are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// The one with this address.
    #[param(value_type = Option<String>, format = "email")]
    email: Option<EmailAddress>,
}

/// An agent's contacts.
#[utoipa::path(
    get, path = "/agents/{agent}/contacts", tag = "contacts", params(("agent" = String, Path), Filter, Part),
    responses((status = 200, body = Page<ContactView>))
)]
pub(super) async fn list_contacts(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Parameters(filter): Parameters<Filter>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<ContactView>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let (limit, after) = (part.limit()?, part.after::<ContactId>()?);
    if let Some(address) = filter.email {
        let found = api.store.contact_at(&agent.id, &address).await?;
        let found = found.filter(|found| after.is_none_or(|after| found.id > after));
        return Ok(Json(Page::ending(found.into_iter().map(ContactView::of).collect(), None)));
    }
    let contacts = api.store.contacts(&agent.id, after, limit + 1).await?;
    Ok(Json(Page::of(contacts, limit, |contact: &Contact| contact.id.to_string(), ContactView::of)))
}
