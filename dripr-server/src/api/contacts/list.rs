//! Listing contacts.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    contact::{Contact, no_mail, no_mail_among},
    email::{EmailAddress, NoMail},
    ids::ContactId,
    ports::ContactStore,
};
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
        let no_mail = no_mail(&*api.store, &agent.id, &address).await?;
        let shown = found.map(|found| ContactView::of(found, no_mail));
        return Ok(Json(Page::ending(shown.into_iter().collect(), None)));
    }
    let contacts = api.store.contacts(&agent.id, after, limit + 1).await?;
    let addresses: Vec<_> = contacts.iter().map(|contact| contact.email.clone()).collect();
    let no_mail = no_mail_among(&*api.store, &agent.id, &addresses).await?;
    let contacts: Vec<(Contact, Option<NoMail>)> = contacts.into_iter().zip(no_mail).collect();
    let key = |(contact, _): &(Contact, Option<NoMail>)| contact.id.to_string();
    let shown = |(contact, no_mail): (Contact, Option<NoMail>)| ContactView::of(contact, no_mail);
    Ok(Json(Page::of(contacts, limit, key, shown)))
}
