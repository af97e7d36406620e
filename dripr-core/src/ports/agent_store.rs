//! Where agents live.

use async_trait::async_trait;

use crate::{agent::Agent, errors::PortResult, events::UserCreated, ids::UserId};

/// Stores agents.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AgentStore: Send + Sync {
    /// Stores a new agent and the event that announces it, in one transaction. `false`, and nothing changed, if there
    /// is an agent with that id.
    async fn register(&self, agent: Agent, event: UserCreated) -> PortResult<bool>;

    /// An agent by id.
    async fn agent(&self, id: &UserId) -> PortResult<Option<Agent>>;

    /// All agents, ordered by id, after `after`, at most `limit`.
    async fn agents(&self, after: Option<UserId>, limit: usize) -> PortResult<Vec<Agent>>;

    /// Replaces an agent if its stored version is `agent.version`, and stores it with the next version. `false`, and
    /// nothing changed, if somebody else was faster. All campaigns of the agent are due at once if anything that
    /// decisions look at (subscription, rules, removal) changed.
    async fn replace(&self, agent: Agent) -> PortResult<bool>;
}
