//! Looking at a contact.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::{access::Scope, contact::no_mail};

use super::{
    find,
    view::{ContactView, version},
};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem, version::Versioned};

/// A contact.
#[utoipa::path(
    get, path = "/agents/{agent}/contacts/{contact}", tag = "contacts",
    params(("agent" = String, Path), ("contact" = String, Path)),
    responses((status = 200, body = ContactView, headers(("ETag" = String))))
)]
pub(super) async fn read_contact(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, contact)): Path<(String, String)>,
) -> Result<Versioned<ContactView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let contact = find(&api, &agent.id, &contact).await?;
    let no_mail = no_mail(&*api.store, &agent.id, &contact.email).await?;
    Ok(Versioned { version: version(&contact), shown: ContactView::of(contact, no_mail) })
}
