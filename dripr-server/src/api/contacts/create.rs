//! Making a contact.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use dripr_core::{
    access::Scope,
    contact::{Contact, ExternalId, no_mail},
    email::EmailAddress,
    ids::ContactId,
    ports::{ContactAddition, ContactStore, EntropyExt},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{ContactView, version};
use crate::api::{
    Api, body::Body, caller::Asking, path::Path, problem::Problem, problems::Problems, text::line,
    version::Versioned,
};

/// A contact to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewContact {
    #[serde(default)]
    #[schema(max_length = 200)]
    first_name: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    last_name: String,
    #[schema(value_type = String, format = "email")]
    email: EmailAddress,
    /// What the agent's CRM calls the contact. No other contact of the agent has it.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    external_id: Option<ExternalId>,
}

/// Makes a contact, to whom nothing is sent before a campaign is made for that address. One of that address or with that external id
/// that is there already is a conflict, which names it.
#[utoipa::path(
    post, path = "/agents/{agent}/contacts", tag = "contacts", request_body = NewContact,
    params(("agent" = String, Path)),
    responses((status = 201, body = ContactView, headers(("ETag" = String), ("Location" = String))))
)]
pub(super) async fn create_contact(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Body(new): Body<NewContact>,
) -> Result<impl IntoResponse, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let now = api.bench.clock.now();
    let mut problems = Problems::default();
    let first_name = problems.take(line("/first_name", &new.first_name));
    let last_name = problems.take(line("/last_name", &new.last_name));
    let (first_name, last_name) = problems.unless_any(|| Some((first_name?, last_name?)))?;
    let contact = Contact {
        id: ContactId::from(api.entropy.id(now)),
        user_id: agent.id.clone(),
        first_name,
        last_name,
        email: new.email,
        external_id: new.external_id,
        created_at: now,
        deleted_at: None,
    };
    // Before it is stored: once it is, the answer says so whatever fails.
    let no_mail = no_mail(&*api.store, &agent.id, &contact.email).await?;
    let audit = asking.audit(&api, "contact_added", None).about(contact.id.clone());
    match api.store.add_contact(contact.clone(), audit).await? {
        ContactAddition::Added => {}
        ContactAddition::Exists(id) => {
            return Err(Problem::twin_contact(&id));
        }
        ContactAddition::ExternalIdTaken(id) => {
            return Err(Problem::external_id_taken(&id));
        }
        ContactAddition::NoAgent => return Err(Problem::not_found("agent")),
    }
    let location = [(header::LOCATION, format!("/api/v1/agents/{}/contacts/{}", agent.id, contact.id))];
    let shown = Versioned { version: version(&contact), shown: ContactView::of(contact, no_mail) };
    Ok((StatusCode::CREATED, location, shown))
}
