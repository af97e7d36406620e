//! Where all that is stored about one person is found.

use async_trait::async_trait;

use crate::{
    campaign::AuditEntry,
    email::EmailAddress,
    errors::PortResult,
    ids::{CampaignId, UserId},
    person::{CampaignErasure, Person},
    schedule::Instant,
};

/// Finds all that is stored about one person, and erases it.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PersonStore: Send + Sync {
    /// All that is stored about the person that an agent writes to at an address, by its key; what was removed too, and what others
    /// were told of their contacts and campaigns while they had another address. `None` if there is nothing.
    async fn person(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Person>>;

    /// The campaigns to that person, in the order of their ids; removed ones too.
    async fn campaigns_of(&self, user: &UserId, address: &EmailAddress) -> PortResult<Vec<CampaignId>>;

    /// Erases one campaign that was removed, in one transaction: the home, texts, what operations brought, what its emails say and
    /// to whom, details of what came back and the words of its history. Rows stay, so that counts do; `entry` is added to
    /// the history. What other emails were compressed against is kept from them without this person's text. Repeating it
    /// gives the same emails.
    async fn erase_campaign(&self, campaign: &CampaignId, entry: AuditEntry) -> PortResult<CampaignErasure>;

    /// Erases names and address of the contacts with that address, and gives how many there were. What is not to be written to
    /// stays so, but for [what it says of another address](crate::email::Suppression::erased).
    async fn erase_contacts(&self, user: &UserId, address: &EmailAddress, at: Instant) -> PortResult<u64>;
}
