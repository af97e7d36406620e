//! Listing contacts.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    contact::{Contact, ExternalId, no_mail, no_mail_among},
    email::{EmailAddress, NoMail},
    ids::{ContactId, UserId},
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
    /// The one with this external id.
    #[param(value_type = Option<String>, min_length = 1, max_length = 255)]
    external_id: Option<ExternalId>,
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
    if filter.email.is_some() || filter.external_id.is_some() {
        let found = filter.one(&api, &agent.id).await?;
        let found = found.filter(|found| after.is_none_or(|after| found.id > after));
        let mut shown = Vec::new();
        if let Some(found) = found {
            let no_mail = no_mail(&*api.store, &agent.id, &found.email).await?;
            shown.push(ContactView::of(found, no_mail));
        }
        return Ok(Json(Page::ending(shown, None)));
    }
    let contacts = api.store.contacts(&agent.id, after, limit + 1).await?;
    let addresses: Vec<_> = contacts.iter().map(|contact| contact.email.clone()).collect();
    let no_mail = no_mail_among(&*api.store, &agent.id, &addresses).await?;
    let contacts: Vec<(Contact, Option<NoMail>)> = contacts.into_iter().zip(no_mail).collect();
    let key = |(contact, _): &(Contact, Option<NoMail>)| contact.id.to_string();
    let shown = |(contact, no_mail): (Contact, Option<NoMail>)| ContactView::of(contact, no_mail);
    Ok(Json(Page::of(contacts, limit, key, shown)))
}

impl Filter {
    /// The agent's contact that all of it is about.
    async fn one(self, api: &Api, user: &UserId) -> Result<Option<Contact>, Problem> {
        let Some(id) = self.external_id else {
            let Some(address) = self.email else { return Ok(None) };
            return Ok(api.store.contact_at(user, &address).await?);
        };
        let found = api.store.contact_with(user, &id).await?;
        let asked = |known: &EmailAddress| self.email.is_none_or(|address| address.key() == known.key());
        Ok(found.filter(|found| asked(&found.email)))
    }
}
