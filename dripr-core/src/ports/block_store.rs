//! Where the addresses are kept that nobody in the deployment writes to.

use async_trait::async_trait;

use crate::{
    campaign::Actor,
    email::{Block, EmailAddress},
    errors::PortResult,
    schedule::Instant,
};

/// Stores the addresses that nobody in the deployment writes to. Whoever changes them leaves a [deed](super::DeedStore) that
/// reaches the deployment.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait BlockStore: Send + Sync {
    /// Blocks an address. After `Ok` no claim of any campaign to that address succeeds, whichever agent's it is; all of them are due
    /// at once. `false`, and nothing changed, if it is blocked already, however it is spelt. What agents know of the address
    /// stays as it is.
    async fn block(&self, block: Block) -> PortResult<bool>;

    /// Lifts the block of an address; `false`, and nothing changed, if there is none. All campaigns to that address are due at once;
    /// one of an agent for whom it is [suppressed](super::ContactStore::suppress) stays where it is.
    async fn unblock(&self, address: &EmailAddress, by: Actor, at: Instant) -> PortResult<bool>;

    /// All blocks, ordered by the keys of their addresses, after the key `after`, at most `limit`.
    async fn blocks(&self, after: Option<String>, limit: usize) -> PortResult<Vec<Block>>;

    /// The block of an address, however it is spelt.
    async fn block_of(&self, address: &EmailAddress) -> PortResult<Option<Block>>;

    /// The same of several addresses, in the order asked for.
    async fn blocked_among(&self, addresses: &[EmailAddress]) -> PortResult<Vec<Option<Block>>>;
}
