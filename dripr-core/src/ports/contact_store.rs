//! Where contacts and opt-outs live.

use async_trait::async_trait;

use crate::{
    campaign::Actor,
    contact::Contact,
    email::{EmailAddress, Suppression},
    errors::PortResult,
    ids::{ContactId, UserId},
};

/// Stores contacts, and the addresses that must not be written to.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ContactStore: Send + Sync {
    /// A contact by id.
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>>;

    /// Replaces a contact's names and address. All its campaigns are due at once, so that an unsent email to another
    /// address is made again. `false`, and nothing changed, if there is no such contact, another contact of the
    /// agent has that address, or the address is to change although its owner opted out or complained (after a hard
    /// bounce it may).
    async fn replace(&self, contact: Contact) -> PortResult<bool>;

    /// Suppresses an address for an agent. After `Ok` no claim of any of the agent's campaigns to that address
    /// succeeds. All of them are due at once. A known suppression keeps the more final cause; repeating changes
    /// nothing.
    async fn suppress(&self, suppression: Suppression, actor: Actor) -> PortResult<()>;

    /// Lifts a suppression; `false` if there was none. The campaigns to that address are due at once.
    async fn lift(&self, user: &UserId, address: &EmailAddress, actor: Actor) -> PortResult<bool>;

    /// Why an address gets no mail from an agent.
    async fn suppression(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Suppression>>;
}
