//! Where agents live.

use async_trait::async_trait;

use crate::{
    agent::Agent,
    errors::PortResult,
    events::UserCreated,
    ids::{CustomerId, UserId},
    schedule::Instant,
};

/// Stores agents.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AgentStore: Send + Sync {
    /// Stores a new agent and the event that announces it, in one transaction. `false`, and nothing changed, if there
    /// is an agent with that id, or was one that was [removed](AgentStore::remove).
    async fn register(&self, agent: Agent, event: UserCreated) -> PortResult<bool>;

    /// An agent by id.
    async fn agent(&self, id: &UserId) -> PortResult<Option<Agent>>;

    /// All agents, ordered by id, after `after`, at most `limit`.
    async fn agents(&self, after: Option<UserId>, limit: usize) -> PortResult<Vec<Agent>>;

    /// Replaces an agent if its stored version is `agent.version`, and stores it with the next version. `false`, and
    /// nothing changed, if somebody else was faster. All campaigns of the agent are due at once if anything that
    /// decisions look at changed ([`Agent::decides_otherwise_than`]).
    async fn replace(&self, agent: Agent) -> PortResult<bool>;

    /// Removes the account of an id for good: its agent, if there is one, counts as removed from `at` on, and the id is
    /// remembered, so that none is registered with it any more. `false`, and nothing changed, if it had been removed before.
    async fn remove(&self, id: &UserId, at: Instant) -> PortResult<bool>;

    /// The agent whose [billing](crate::agent::Agent::billing) names a customer. Of several, one who is not removed before
    /// others, and then the one whose id is least.
    async fn by_customer(&self, customer: &CustomerId) -> PortResult<Option<Agent>>;
}
