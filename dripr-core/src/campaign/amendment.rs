//! What executing commands on a dossier wants written.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Operation;
use crate::{
    content::CycleContent,
    email::{Email, Message, Suppression},
    events::StatusChanged,
    ids::{ApiKeyId, ContactId, EmailId, UserId},
    schedule::{Cycle, Instant},
    webhooks::News,
};

/// Everything that is to be written with a campaign, in one transaction: all of it or nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Amendment {
    /// Whether the campaign's row changed.
    pub campaign: bool,
    /// Emails that are new or changed, as they are to be stored.
    pub emails: Vec<Email>,
    /// The text of new emails.
    pub messages: Vec<(EmailId, Arc<Message>)>,
    /// What operations brought, by cycle; it replaces what the same operation brought in the same cycle before.
    pub content: Vec<(Cycle, Operation, CycleContent)>,
    /// Events for the outbox, in order.
    pub events: Vec<StatusChanged>,
    /// Suppressions to add.
    pub suppressions: Vec<Suppression>,
    /// Audit rows, append-only.
    pub audit: Vec<AuditEntry>,
    /// What happened, to be told to those who want to know.
    pub news: Vec<News>,
}

impl Amendment {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { campaign, emails, messages, content, events, suppressions, audit, news } = self;
        !campaign
            && emails.is_empty()
            && messages.is_empty()
            && content.is_empty()
            && events.is_empty()
            && suppressions.is_empty()
            && audit.is_empty()
            && news.is_empty()
    }

    pub(super) fn put_email(&mut self, email: Email) {
        match self.emails.iter_mut().find(|known| known.id == email.id) {
            Some(known) => *known = email,
            None => self.emails.push(email),
        }
    }
}

/// One line of a campaign's history: what happened, when, why and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Instant,
    /// Who.
    pub actor: Actor,
    /// What, as a short name such as `sent`, `approved`, `cycle_skipped`.
    pub what: String,
    /// The cycle it belongs to.
    pub cycle: Option<Cycle>,
    /// The email it is about.
    pub email_id: Option<EmailId>,
    /// Why, for people; no personal data.
    pub cause: Option<String>,
    /// The contact it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
}

impl AuditEntry {
    /// Something that was done about an agent or a contact, in no cycle and about no email.
    #[must_use]
    pub fn of(what: &str, actor: Actor, at: Instant, cause: Option<String>) -> Self {
        Self { at, actor, what: what.to_owned(), cycle: None, email_id: None, cause, contact_id: None }
    }

    /// That a contact was given an external id, by whom and when this tells of something else.
    #[must_use]
    pub fn gave_external_id(&self, contact: ContactId) -> Self {
        let cause = Some("external_id".to_owned());
        Self::of("contact_changed", self.actor.clone(), self.at, cause).about(contact)
    }

    /// The same, about a contact.
    #[must_use]
    pub fn about(self, contact: ContactId) -> Self {
        Self { contact_id: Some(contact), ..self }
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The engine.
    System,
    /// A user of the tenant.
    User(UserId),
    /// A program that came by a key.
    ApiKey(ApiKeyId),
    /// The recipient.
    Recipient,
    /// A mail or billing provider.
    Provider,
    /// Who runs the deployment, at its command line.
    Operator,
}
