//! Listing contacts.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use dripr_core::{access::Scope, contact::Contact, ids::ContactId, ports::ContactStore};

use super::view::ContactView;
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    problem::Problem,
};

/// An agent's contacts.
#[utoipa::path(
    get, path = "/agents/{agent}/contacts", tag = "contacts", params(("agent" = String, Path), Part),
    responses((status = 200, body = Page<ContactView>))
)]
pub(super) async fn list_contacts(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<ContactView>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let (limit, after) = (part.limit()?, part.after::<ContactId>()?);
    let contacts = api.store.contacts(&agent.id, after, limit + 1).await?;
    Ok(Json(Page::of(contacts, limit, |contact: &Contact| contact.id.to_string(), ContactView::of)))
}
