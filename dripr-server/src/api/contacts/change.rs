//! Changing a contact's names, address and external id.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::{
    access::Scope,
    contact::{ExternalId, no_mail},
    email::EmailAddress,
    ports::{ContactReplacement, ContactStore},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    find,
    view::{ContactView, version},
};
use crate::api::{
    Api,
    body::{Body, given},
    caller::Asking,
    conflict::Conflict,
    path::Path,
    problem::Problem,
    problems::Problems,
    text::line,
    version::{IfMatch, Versioned},
};

/// A change of a contact. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ContactChange {
    #[schema(max_length = 200, nullable = false)]
    first_name: Option<String>,
    #[schema(max_length = 200, nullable = false)]
    last_name: Option<String>,
    /// An email that is made already and not sent is made again for the new address.
    #[schema(value_type = Option<String>, format = "email", nullable = false)]
    email: Option<EmailAddress>,
    /// What the agent's CRM calls the contact. No other contact of the agent has it. Null takes it away.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    external_id: Option<Option<ExternalId>>,
}

/// Changes a contact. All of it is stored, or none. Who opted out, or whose address an operator blocked, is not reached at another
/// address instead.
#[utoipa::path(
    patch, path = "/agents/{agent}/contacts/{contact}", tag = "contacts", request_body = ContactChange,
    params(("agent" = String, Path), ("contact" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = ContactView, headers(("ETag" = String))))
)]
pub(super) async fn change_contact(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, contact)): Path<(String, String)>,
    seen: IfMatch,
    Body(change): Body<ContactChange>,
) -> Result<Versioned<ContactView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let known = find(&api, &agent.id, &contact).await?;
    seen.admit(&version(&known))?;
    let mut contact = known.clone();
    let (mut fields, mut problems) = (Vec::new(), Problems::default());
    if let Some(name) = change.first_name.and_then(|name| problems.take(line("/first_name", &name))) {
        contact.first_name = name;
        fields.push("first_name");
    }
    if let Some(name) = change.last_name.and_then(|name| problems.take(line("/last_name", &name))) {
        contact.last_name = name;
        fields.push("last_name");
    }
    if let Some(email) = change.email {
        contact.email = email;
        fields.push("email");
    }
    if let Some(external_id) = change.external_id {
        contact.external_id = external_id;
        fields.push("external_id");
    }
    let fields = problems.unless_any(|| Some(fields))?;
    let no_mail = no_mail(&*api.store, &agent.id, &contact.email).await?;
    if contact != known {
        let audit = asking.audit(&api, "contact_changed", Some(fields.join(", "))).about(known.id.clone());
        match ContactStore::replace(&*api.store, &known, contact.clone(), audit).await? {
            ContactReplacement::Replaced => {}
            ContactReplacement::Changed => return Err(Problem::changed_meanwhile()),
            ContactReplacement::AddressTaken => {
                return Err(Problem::conflict(
                    Conflict::AddressTaken,
                    "another contact of the agent has that address",
                ));
            }
            ContactReplacement::ExternalIdTaken(id) => return Err(Problem::external_id_taken(&id)),
            ContactReplacement::OptedOut => {
                return Err(Problem::conflict(
                    Conflict::RecipientOptedOut,
                    "who opted out or complained is not reached at another address instead",
                ));
            }
            ContactReplacement::Blocked => {
                return Err(Problem::conflict(
                    Conflict::AddressSuppressed,
                    "an operator blocked the contact's address; whose it is, is not reached at another one instead",
                ));
            }
        }
    }
    Ok(Versioned { version: version(&contact), shown: ContactView::of(contact, no_mail) })
}
