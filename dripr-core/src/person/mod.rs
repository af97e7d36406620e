//! One person: all that is stored about them, and what is left of it once it is erased.
//!
//! A person is whom an agent writes to at an address, by its [`EmailAddress::key`]; another agent's contact with the same address
//! is another's to ask. What stays after an erasure is that the address is not to be written to, and what nobody can tell
//! the person by: how many emails there were, when, and what became of them.

mod erase;
mod erased;

pub use erase::{Erasing, InArchive, PersonErased, erase};
pub use erased::{address as erased_address, stands_for_erased};

use std::sync::Arc;

use serde::Serialize;

use crate::{
    campaign::{AuditEntry, Campaign, Operation},
    contact::Contact,
    content::CycleContent,
    email::{Block, Email, EmailAddress, Message, Suppression},
    feedback::Feedback,
    ids::{EmailId, UserId},
    imports::ImportLine,
    schedule::Cycle,
    webhooks,
};

/// All that is stored about a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Person {
    /// The agent who writes to them.
    pub user_id: UserId,
    /// The address.
    pub address: EmailAddress,
    /// Names and addresses, of contacts that were removed too.
    pub contacts: Vec<Contact>,
    /// What they get, and got.
    pub campaigns: Vec<PersonalCampaign>,
    /// Why they are not to be written to, if so.
    pub suppression: Option<Suppression>,
    /// Why no agent of the deployment writes to them, if so.
    pub block: Option<Block>,
    /// What other programs were told, or are to be, the oldest first; also what was told while they had another address.
    pub messages: Vec<webhooks::Message>,
    /// What is told of rows of imported files that name the address and could not be used.
    pub refused_rows: Vec<ImportLine>,
}

/// A campaign to a person, with all that was made for it. One that was removed is given too.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonalCampaign {
    /// The campaign, with the home.
    pub campaign: Campaign,
    /// Its emails, the oldest first.
    pub emails: Vec<PersonalEmail>,
    /// What was found out and written for each cycle.
    pub content: Vec<PersonalContent>,
    /// What came back of its emails.
    pub feedback: Vec<Feedback>,
    /// What happened, the oldest first.
    pub history: Vec<AuditEntry>,
}

/// An email to a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonalEmail {
    /// How it stands.
    pub email: Email,
    /// What it says.
    pub message: Option<Arc<Message>>,
}

/// What an operation brought for a cycle.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonalContent {
    /// The cycle.
    pub cycle: Cycle,
    /// The operation.
    pub operation: Operation,
    /// What it brought.
    pub content: CycleContent,
}

/// What became of erasing a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CampaignErasure {
    /// It is erased. Its emails' files are for the caller to remove.
    Erased(Vec<EmailId>),
    /// An email of it is being sent, or nobody knows yet whether it was: it cannot be erased before that is known.
    UnderWay(EmailId),
    /// There is no such campaign, or it was not removed.
    NotRemoved,
}
