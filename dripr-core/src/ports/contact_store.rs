//! Where contacts and opt-outs live.

use async_trait::async_trait;

use crate::{
    campaign::{Actor, AuditEntry},
    contact::{Contact, ExternalId, ExternalIdGiven},
    email::{EmailAddress, OptIn, Suppression, SuppressionCause},
    errors::PortResult,
    ids::{ContactId, UserId},
    schedule::Instant,
};

/// Stores contacts, and the addresses that must not be written to.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ContactStore: Send + Sync {
    /// A contact by id.
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>>;

    /// An agent's contacts, ordered by id, after `after`, at most `limit`; removed ones are left out.
    async fn contacts(
        &self,
        user: &UserId,
        after: Option<ContactId>,
        limit: usize,
    ) -> PortResult<Vec<Contact>>;

    /// The agents who have a contact of an address that was not removed, by their ids.
    async fn agents_writing_to(&self, address: &EmailAddress) -> PortResult<Vec<UserId>>;

    /// The same of several addresses, in the order asked for, however they are spelt.
    async fn agents_writing_to_each(&self, addresses: &[EmailAddress]) -> PortResult<Vec<Vec<UserId>>>;

    /// An agent's contact of an address, however it is spelt; a removed one is none.
    async fn contact_at(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Contact>>;

    /// The ids of an agent's contacts of some addresses, however they are spelt, in the order asked for; a removed one is none.
    async fn contacts_at(
        &self,
        user: &UserId,
        addresses: &[EmailAddress],
    ) -> PortResult<Vec<Option<ContactId>>>;

    /// An agent's contact with an external id; a removed one is none. By an index.
    async fn contact_with(&self, user: &UserId, id: &ExternalId) -> PortResult<Option<Contact>>;

    /// The ids of an agent's contacts with some external ids, in the order asked for; a removed one is none.
    async fn contacts_with(&self, user: &UserId, ids: &[ExternalId]) -> PortResult<Vec<Option<ContactId>>>;

    /// Gives external ids to an agent's contacts of some addresses, [one after the other](crate::contact::Giving), as far as they have
    /// none: what became of each, in the order given. `audit` becomes a row of the agent's history for each contact that was
    /// given one, about that contact. Repeating it changes nothing.
    async fn give_external_ids(
        &self,
        user: &UserId,
        ids: Vec<(EmailAddress, ExternalId)>,
        audit: AuditEntry,
    ) -> PortResult<Vec<ExternalIdGiven>>;

    /// Stores a new contact, to whom nothing is sent until a campaign is [made](crate::ports::CampaignStore::enrol) for that
    /// address. `audit` becomes a row of the agent's history.
    ///
    /// # Errors
    /// [`Invalid`](crate::errors::Fault::Invalid) if the id is another contact's.
    async fn add_contact(&self, contact: Contact, audit: AuditEntry) -> PortResult<ContactAddition>;

    /// Removes a contact that has no campaign any more. What its campaigns sent, its history and its opt-out stay. `audit`
    /// becomes a row of the history of each of its former campaigns.
    ///
    /// A campaign that is made for it at the same moment may be left behind; it sends nothing. Those who want to know are told.
    async fn remove_contact(
        &self,
        user: &UserId,
        id: &ContactId,
        audit: AuditEntry,
    ) -> PortResult<ContactRemoval>;

    /// Replaces a contact's names, address and external id, if it is still stored as `known`. All its campaigns are due at once, so that
    /// an unsent email to another address is made again. `audit` becomes a row of the history of each of its campaigns. Those who want
    /// to know are told, if anything [is another](crate::webhooks::Message::of_changed_contact).
    async fn replace(
        &self,
        known: &Contact,
        contact: Contact,
        audit: AuditEntry,
    ) -> PortResult<ContactReplacement>;

    /// Suppresses an address for an agent. After `Ok` no claim of any of the agent's campaigns to that address
    /// succeeds. All of them are due at once. With a known one it is [joined](Suppression::joined); repeating changes
    /// nothing. The history says what the [recipient did](SuppressionCause::sentence).
    async fn suppress(&self, suppression: Suppression, actor: Actor) -> PortResult<()> {
        let why = suppression.cause.sentence().to_owned();
        self.suppress_because(suppression, actor, why).await?;
        Ok(())
    }

    /// The same for a reason that is put into words otherwise, for people; the history has it unless nothing changed. Of
    /// several at the same moment one is [`Anew`](AddressSuppression::Anew).
    async fn suppress_because(
        &self,
        suppression: Suppression,
        actor: Actor,
        why: String,
    ) -> PortResult<AddressSuppression>;

    /// Lifts a suppression whose cause is at most as final as `most`; `false`, and nothing changed, if there is none such.
    /// The campaigns to that address are due at once, and those who want to know are told.
    async fn lift(
        &self,
        user: &UserId,
        address: &EmailAddress,
        most: SuppressionCause,
        actor: Actor,
        at: Instant,
    ) -> PortResult<bool>;

    /// Lifts what stands for an address if an opt-in [takes it back](OptIn::takes_back), as [`lift`](Self::lift) does; `false`, and
    /// nothing changed, if it does not. Nothing comes between the look and the change.
    async fn take_back(
        &self,
        user: &UserId,
        address: &EmailAddress,
        opt_in: &OptIn,
        actor: Actor,
        at: Instant,
    ) -> PortResult<bool>;

    /// The addresses an agent must not write to, all or those of one cause, ordered by their keys, after the key `after`, at
    /// most `limit`.
    async fn suppressions(
        &self,
        user: &UserId,
        cause: Option<SuppressionCause>,
        after: Option<String>,
        limit: usize,
    ) -> PortResult<Vec<Suppression>>;

    /// Why an address gets no mail from this agent. [`no_mail`](crate::contact::no_mail()) also knows what an operator blocked for all
    /// agents.
    async fn suppression(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Suppression>>;

    /// The same of several addresses, in the order asked for, however they are spelt.
    async fn suppressed_among(
        &self,
        user: &UserId,
        addresses: &[EmailAddress],
    ) -> PortResult<Vec<Option<Suppression>>>;
}

/// What became of a new contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactAddition {
    /// It is stored.
    Added,
    /// The agent has one of that address. Nothing changed.
    Exists(ContactId),
    /// Another contact of the agent has its external id. Nothing changed.
    ExternalIdTaken(ContactId),
    /// There is no such agent.
    NoAgent,
}

/// What became of the removal of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactRemoval {
    /// It is removed, as of the instant of the audit row.
    Removed,
    /// A campaign writes to it. Nothing changed.
    HasCampaigns,
    /// The agent has no such contact, or has removed it.
    NotThere,
}

/// What became of the suppression of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressSuppression {
    /// It is stored; the address was written to before.
    Anew,
    /// It is stored in place of one with a less final cause.
    MoreFinal,
    /// One with the same cause or a more final one is known. The reason that was given is not kept, and nothing changed but that
    /// what was carried over may be the address's own from now on, and that it may stand since [later](Suppression::joined).
    Known,
}

/// What became of a change of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactReplacement {
    /// It is stored.
    Replaced,
    /// There is no such contact, or it is not stored as it was known. Nothing changed.
    Changed,
    /// Another contact of the agent has that address. Nothing changed.
    AddressTaken,
    /// Another contact of the agent has that external id. Nothing changed.
    ExternalIdTaken(ContactId),
    /// The address is to change although its owner opted out or complained (after a hard bounce it may). Nothing changed.
    OptedOut,
    /// The address is to change although an operator [blocked](super::BlockStore::block) it. Nothing changed.
    Blocked,
}
