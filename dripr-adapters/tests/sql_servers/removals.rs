//! Accounts that are removed at the moment at which they are registered.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use dripr_adapters::sql::SqlStore;
use dripr_core::{campaign::Actor, ports::AgentStore, schedule::Instant, testkit::samples};
use futures_util::future::join_all;

/// How many accounts come and go at once, on two processes.
const ACCOUNTS: usize = 100;

pub(crate) async fn race(store: &SqlStore, other: &SqlStore) {
    let now: Instant = "2026-03-12T15:00:00Z".parse().unwrap();
    let agents: Vec<_> = (0..ACCOUNTS).map(|n| samples::agent(&format!("agent-{n}"), now).unwrap()).collect();
    let both = agents.iter().map(|agent| async move {
        let registering = store.register(agent.clone(), samples::user_created(agent), Actor::Operator);
        let (registered, removed) = tokio::join!(registering, other.remove(&agent.id, now));
        assert!(removed.unwrap(), "it is news");
        registered.unwrap()
    });
    let registered = join_all(both).await;
    for (agent, registered) in agents.iter().zip(registered) {
        assert!(store.is_removed(&agent.id).await.unwrap());
        let stored = store.agent(&agent.id).await.unwrap();
        assert_eq!(stored.is_some(), registered, "{}", agent.id);
        assert!(stored.is_none_or(|agent| agent.deleted_at.is_some()), "{} was removed", agent.id);
    }
}
