use std::sync::Arc;

use async_trait::async_trait;

use super::{Audited, MemoryStore};
use crate::{
    access::{Reach, Retreat},
    agent::Agent,
    agent_mail::Notices,
    campaign::{Actor, AuditEntry},
    errors::PortResult,
    events::{Event, UserCreated},
    ids::{CampaignId, CustomerId, EventId, UserId},
    ports::{AgentHistoryEntry, AgentStore},
    schedule::Instant,
};

#[async_trait]
impl AgentStore for MemoryStore {
    async fn register(&self, agent: Agent, event: UserCreated, actor: Actor) -> PortResult<bool> {
        {
            let mut state = self.lock();
            if state.agents.contains_key(&agent.id) || state.removed.contains(&agent.id) {
                return Ok(false);
            }
            let id = match &event.event_id {
                Some(id) => id.clone(),
                None => EventId::new(format!("user:{}", agent.id)).map_err(|error| {
                    crate::errors::PortError::new(crate::errors::Fault::Invalid, "user_id is too long")
                        .caused_by(error)
                })?,
            };
            let notices = Notices::new(agent.id.clone(), agent.created_at);
            state.notices.insert(agent.id.clone(), notices);
            let entry = AuditEntry::of("registered", actor, event.timestamp, None);
            state.audit.push(Audited { user_id: agent.id.clone(), campaign_id: None, entry });
            state.agents.insert(agent.id.clone(), Arc::new(agent));
            state.commit_event(id, Event::UserCreated(event), self.shared.relayed);
        }
        self.notify();
        Ok(true)
    }

    async fn agent(&self, id: &UserId) -> PortResult<Option<Agent>> {
        Ok(self.lock().agents.get(id).map(|agent| agent.as_ref().clone()))
    }

    async fn agents(&self, within: &Reach, after: Option<UserId>, limit: usize) -> PortResult<Vec<Agent>> {
        let state = self.lock();
        let wanted = |agent: &&Arc<Agent>| {
            within.covers(agent) && after.as_ref().is_none_or(|after| agent.id > *after)
        };
        Ok(state.agents.values().filter(wanted).take(limit).map(|agent| agent.as_ref().clone()).collect())
    }

    async fn replace(&self, mut agent: Agent, audit: Option<AuditEntry>) -> PortResult<bool> {
        let mut state = self.lock();
        let Some(known) = state.agents.get(&agent.id).filter(|known| known.version == agent.version).cloned()
        else {
            return Ok(false);
        };
        agent.version += 1;
        if agent.decides_otherwise_than(&known) {
            state.wake(&agent.id, None);
            state.wake_teller(&agent.id);
        }
        let at = audit.as_ref().map(|entry| entry.at).or(agent.deleted_at).unwrap_or(agent.created_at);
        if let Some(entry) = audit {
            state.audit.push(Audited { user_id: agent.id.clone(), campaign_id: None, entry });
        }
        let retreat = Retreat::of(&known, &agent);
        state.agents.insert(agent.id.clone(), Arc::new(agent));
        if let Some(retreat) = retreat {
            state.end_keys(&retreat, at);
            state.end_webhooks(&retreat, at);
        }
        Ok(true)
    }

    async fn note(&self, id: &UserId, entry: AuditEntry) -> PortResult<()> {
        let audited = Audited { user_id: id.clone(), campaign_id: None, entry };
        self.lock().audit.push(audited);
        Ok(())
    }

    async fn agent_history(
        &self,
        id: &UserId,
        campaign: Option<CampaignId>,
        before: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<AgentHistoryEntry>> {
        let state = self.lock();
        let numbered = state.audit.iter().enumerate().map(|(at, row)| (at as u64 + 1, row)).rev();
        let wanted = |(number, row): &(u64, &Audited)| {
            row.user_id == *id
                && (campaign.is_none() || row.campaign_id == campaign)
                && before.is_none_or(|before| *number < before)
        };
        let line = |(number, row): (u64, &Audited)| AgentHistoryEntry {
            number,
            campaign_id: row.campaign_id.clone(),
            entry: row.entry.clone(),
        };
        Ok(numbered.filter(wanted).take(limit).map(line).collect())
    }

    async fn remove(&self, id: &UserId, at: Instant) -> PortResult<bool> {
        let mut state = self.lock();
        let mut is_news = state.removed.insert(id.clone());
        if let Some(known) = state.agents.get(id).filter(|known| known.deleted_at.is_none()).cloned() {
            let removed =
                Agent { deleted_at: Some(at), version: known.version + 1, ..known.as_ref().clone() };
            let retreat = Retreat::of(&known, &removed);
            state.agents.insert(id.clone(), Arc::new(removed));
            if let Some(retreat) = retreat {
                state.end_keys(&retreat, at);
                state.end_webhooks(&retreat, at);
            }
            let entry = AuditEntry::of("agent_removed", Actor::Provider, at, None);
            state.audit.push(Audited { user_id: id.clone(), campaign_id: None, entry });
            state.wake(id, None);
            state.wake_teller(id);
            is_news = true;
        }
        Ok(is_news)
    }

    async fn is_removed(&self, id: &UserId) -> PortResult<bool> {
        Ok(self.lock().removed.contains(id))
    }

    async fn of_customer(&self, customer: &CustomerId) -> PortResult<Vec<Agent>> {
        let state = self.lock();
        let named = state.agents.values().filter(|agent| {
            agent.billing.as_ref().is_some_and(|billing| billing.customers().any(|known| known == customer))
        });
        let mut named: Vec<Agent> = named.map(|agent| agent.as_ref().clone()).collect();
        // They are in the order of their ids already.
        named.sort_by_key(|agent| agent.deleted_at.is_some());
        Ok(named)
    }
}
