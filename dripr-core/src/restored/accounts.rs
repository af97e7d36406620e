//! Who may not send any more and who belongs where, by a database that is later than the restored one.

use super::{TRIES, busy};
use crate::{
    agent::Agent,
    campaign::{Actor, AuditEntry},
    errors::PortResult,
    ports::AgentStore,
    schedule::Instant,
};

/// Takes over what a later database says of whether an agent may send: whether they were removed, paused or banned, and how they
/// pay; and of which brokerage and team they are, and with which role, since others reach them by that. Keys and webhooks end with it
/// as they do otherwise ([`AgentStore::replace`]). `false`, and nothing changed, if it was so already or the agent is not there.
///
/// # Errors
/// The store failed, or the agent was changed again and again meanwhile.
pub async fn take_over<S: AgentStore + ?Sized>(store: &S, later: &Agent, now: Instant) -> PortResult<bool> {
    for _ in 0..TRIES {
        let Some(known) = store.agent(&later.id).await? else { return Ok(false) };
        let agent = Agent {
            deleted_at: later.deleted_at.or(known.deleted_at),
            paused: later.paused.clone(),
            resumed_at: later.resumed_at,
            banned: later.banned,
            subscription_status: later.subscription_status,
            billing: later.billing.clone(),
            membership: later.membership.clone(),
            ..known.clone()
        };
        if agent == known {
            return Ok(false);
        }
        let cause = "as the database was that a backup replaced".to_owned();
        let audit = AuditEntry::of("standing_taken_over", Actor::Operator, now, Some(cause));
        if AgentStore::replace(store, agent, Some(audit)).await? {
            return Ok(true);
        }
    }
    Err(busy(later))
}
