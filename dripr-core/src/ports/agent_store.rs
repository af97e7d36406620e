//! Where agents live.

use async_trait::async_trait;

use crate::{
    access::Reach,
    agent::Agent,
    campaign::{Actor, AuditEntry},
    errors::PortResult,
    events::UserCreated,
    ids::{CampaignId, CustomerId, UserId},
    schedule::Instant,
};

/// Stores agents.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AgentStore: Send + Sync {
    /// Stores a new agent, the event that announces it, and in the agent's history who did it, in one transaction. `false`, and nothing changed, if there
    /// is an agent with that id, or was one that was [removed](AgentStore::remove).
    async fn register(&self, agent: Agent, event: UserCreated, actor: Actor) -> PortResult<bool>;

    /// An agent by id.
    async fn agent(&self, id: &UserId) -> PortResult<Option<Agent>>;

    /// Agents within a reach, ordered by id, after `after`, at most `limit`.
    async fn agents(&self, within: &Reach, after: Option<UserId>, limit: usize) -> PortResult<Vec<Agent>>;

    /// Replaces an agent if its stored version is `agent.version`, and stores it with the next version, in one transaction
    /// with the row of their history if one is given; what the engine notes for itself has none. `false`, and nothing
    /// changed, if somebody else was faster. All campaigns of the agent are due at once if anything that
    /// decisions look at changed ([`Agent::decides_otherwise_than`]). If the agent reaches less now, is banned from now on, or
    /// left a brokerage or a team ([`Retreat`](crate::access::Retreat)), keys and webhooks end that they made beyond that, and those
    /// for them alone that are left behind; what keys made that are taken back ends as in [`ApiKeyStore::revoke_api_key`](crate::ports::ApiKeyStore::revoke_api_key);
    /// and it is noted.
    async fn replace(&self, agent: Agent, audit: Option<AuditEntry>) -> PortResult<bool>;

    /// Adds a row to an agent's history, for what is stored elsewhere or nowhere.
    async fn note(&self, id: &UserId, entry: AuditEntry) -> PortResult<()>;

    /// What was done by and for an agent, their campaigns included, or about one campaign of theirs: the newest first, before
    /// `before`, at most `limit`.
    async fn agent_history(
        &self,
        id: &UserId,
        campaign: Option<CampaignId>,
        before: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<AgentHistoryEntry>>;

    /// Removes the account of an id for good: its agent, if there is one, counts as removed from `at` on, with what follows from that
    /// for keys and webhooks, and the id is remembered, so that none is registered with it any more. `false`, and nothing changed, if both were so before.
    async fn remove(&self, id: &UserId, at: Instant) -> PortResult<bool>;

    /// Whether the account of an id was [removed](AgentStore::remove), whether it ever had an agent or not.
    async fn is_removed(&self, id: &UserId) -> PortResult<bool>;

    /// The agents whose [billing](crate::agent::Agent::billing) names a customer: those who are not removed before others, and
    /// then by their ids.
    async fn of_customer(&self, customer: &CustomerId) -> PortResult<Vec<Agent>>;
}

/// One line of an agent's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentHistoryEntry {
    /// Its number; later lines have greater ones.
    pub number: u64,
    /// The campaign it belongs to, if it is about one.
    pub campaign_id: Option<CampaignId>,
    /// What happened.
    pub entry: AuditEntry,
}
