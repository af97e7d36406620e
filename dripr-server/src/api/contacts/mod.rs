//! `/agents/{agent}/contacts`: the people an agent writes to.

mod change;
mod create;
mod list;
mod read;
mod remove;
mod view;

use std::sync::Arc;

use dripr_core::{contact::Contact, ids::ContactId, ids::UserId, ports::ContactStore};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, problem::Problem};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list::list_contacts, create::create_contact)).routes(routes!(
        read::read_contact,
        change::change_contact,
        remove::remove_contact
    ))
}

/// The contact of an agent that a path names.
async fn find(api: &Api, user: &UserId, named: &str) -> Result<Contact, Problem> {
    let none = || Problem::not_found("contact");
    let id = ContactId::new(named).map_err(|_| none())?;
    let contact = api.store.contact(&id).await?.ok_or_else(none)?;
    if contact.user_id == *user && contact.deleted_at.is_none() { Ok(contact) } else { Err(none()) }
}
