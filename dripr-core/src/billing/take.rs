//! Doing what follows from what was told of a subscription.

use super::Change;
use crate::{
    agent::Agent,
    campaign::{Actor, AuditEntry},
    errors::{Fault, PortError, PortResult},
    ports::AgentStore,
};

/// How often an agent who was changed meanwhile is read again.
const TRIES: u8 = 5;

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is kept, and the agent stands as their subscriptions do.
    New,
    /// It had come before, or something later had.
    Known,
    /// It names an agent who is not known yet: it is to be told again.
    TooEarly,
    /// It names somebody whose account was removed before they became an agent.
    Removed,
    /// It is about nobody's customer.
    Stranger,
}

/// Takes a change of a subscription in: of the agent whom it names, and of nobody else. If it names none, of the one who has that
/// subscription already, or else that customer.
///
/// # Errors
/// The store failed, or the agent was changed again and again meanwhile; it is to be told again.
pub async fn take<S: AgentStore + ?Sized>(store: &S, change: &Change) -> PortResult<Taken> {
    for _ in 0..TRIES {
        let Some(mut agent) = whose(store, change).await? else {
            return match &change.user_id {
                None => Ok(Taken::Stranger),
                Some(named) if store.is_removed(named).await? => Ok(Taken::Removed),
                Some(_) => Ok(Taken::TooEarly),
            };
        };
        let mut billing = agent.billing.take().unwrap_or_default();
        if !billing.take(change) {
            return Ok(Taken::Known);
        }
        let before = agent.subscription_status;
        agent.subscription_status = billing.status().unwrap_or(before);
        agent.billing = Some(billing);
        let (user_id, after) = (agent.id.clone(), agent.subscription_status);
        let audit = (before != after).then(|| {
            let cause = format!("{} to {}", before.as_str(), after.as_str());
            AuditEntry::of("subscription_changed", Actor::Provider, change.at, Some(cause))
        });
        if AgentStore::replace(store, agent, audit).await? {
            if before != after {
                let (from, to) = (before.as_str(), after.as_str());
                tracing::info!(%user_id, from, to, "an agent's subscription stands otherwise");
            }
            return Ok(Taken::New);
        }
    }
    Err(PortError::new(Fault::Unavailable, "an agent was changed again and again while a subscription was"))
}

async fn whose<S: AgentStore + ?Sized>(store: &S, change: &Change) -> PortResult<Option<Agent>> {
    if let Some(named) = &change.user_id {
        return store.agent(named).await;
    }
    let mut payers = store.of_customer(&change.customer).await?;
    let has_it = |agent: &Agent| {
        let billing = agent.billing.as_ref();
        billing.is_some_and(|billing| billing.subscriptions.contains_key(&change.subscription))
    };
    let at = payers.iter().position(has_it).unwrap_or_default();
    Ok((at < payers.len()).then(|| payers.swap_remove(at)))
}
