//! A contact as the API shows one.

use chrono::{DateTime, Utc};
use dripr_core::{contact::Contact, email::NoMail};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::api::suppressions::NoMailView;
use crate::api::version::tag;

/// Somebody an agent writes to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContactView {
    id: String,
    agent_id: String,
    /// What a change of it names as `If-Match`.
    etag: String,
    /// Empty if unknown.
    first_name: String,
    /// Empty if unknown.
    last_name: String,
    email: String,
    /// What the agent's CRM calls the contact; null if it has no name for it.
    external_id: Option<String>,
    /// Why they get no mail from the agent; null if they do.
    no_mail: Option<NoMailView>,
    created_at: DateTime<Utc>,
}

impl ContactView {
    pub(super) fn of(contact: Contact, no_mail: Option<NoMail>) -> Self {
        Self {
            etag: tag(&version(&contact)),
            id: contact.id.to_string(),
            agent_id: contact.user_id.to_string(),
            first_name: contact.first_name,
            last_name: contact.last_name,
            email: contact.email.as_str().to_owned(),
            external_id: contact.external_id.map(String::from),
            no_mail: no_mail.map(NoMailView::of),
            created_at: contact.created_at,
        }
    }
}

/// What changes with every change of a contact.
pub(super) fn version(contact: &Contact) -> String {
    let text = serde_json::json!(contact).to_string();
    let digest = Sha256::digest(text);
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
