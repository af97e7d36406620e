use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::{
    access::{ApiKey, Caller, Reach, Retreat, RevokedBecause},
    campaign::Actor,
    errors::PortResult,
    ids::ApiKeyId,
    ports::ApiKeyStore,
    schedule::Instant,
};

impl State {
    /// Whether who makes something that reaches this far may still: `owner` is how far they reached.
    pub(super) fn may_still_make(&self, by: Option<&Actor>, owner: Option<&Reach>, reach: &Reach) -> bool {
        let named = match reach {
            Reach::Agent(id) => self.agents.get(id).map(AsRef::as_ref),
            Reach::Deployment | Reach::Brokerage(_) | Reach::Team(..) => None,
        };
        let may = match by {
            Some(Actor::ApiKey(id)) => self.api_keys.get(id).is_none_or(|key| key.revoked_at.is_none()),
            Some(Actor::User(id)) => owner.is_none_or(|owner| {
                self.agents.get(id).is_none_or(|agent| Caller::still_reaches(agent, owner))
            }),
            Some(Actor::System | Actor::Recipient | Actor::Provider | Actor::Operator) | None => true,
        };
        may && reach.may_be_given(owner, named)
    }

    /// Takes keys back that an agent made or that reach them alone, as far as they have to end.
    pub(super) fn end_keys(&mut self, retreat: &Retreat, at: Instant) {
        let alone = Reach::Agent(retreat.agent.id.clone());
        let maker = Some(Actor::User(retreat.agent.id.clone()));
        let lies_within = |key: &ApiKey| {
            retreat.left.as_ref().is_some_and(|left| self.lies_within(&key.reach, &left.reach))
        };
        let concerned = self.api_keys.values().filter(|key| key.reach == alone || key.created_by == maker);
        let concerned: Vec<(ApiKeyId, bool)> =
            concerned.map(|key| (key.id.clone(), lies_within(key))).collect();
        let mut ended = Vec::new();
        for (id, lies_within) in concerned {
            let Some(key) = self.api_keys.get_mut(&id) else { continue };
            let ends = (key.reach == alone && key.left_behind(retreat, at))
                || (key.created_by == maker && key.outlived(retreat, lies_within, at));
            if ends {
                self.deeds.extend(key.revoking());
                ended.push(id);
            }
        }
        self.end_what_keys_made(ended, &Actor::System, at);
    }

    /// Takes keys back, and switches webhooks off, that these keys made, or a key that one of them made.
    fn end_what_keys_made(&mut self, mut makers: Vec<ApiKeyId>, by: &Actor, at: Instant) {
        let mut known: BTreeSet<ApiKeyId> = makers.iter().cloned().collect();
        while let Some(maker) = makers.pop() {
            let maker = Some(Actor::ApiKey(maker));
            for key in self.api_keys.values_mut().filter(|key| key.created_by == maker) {
                if key.end(by.clone(), RevokedBecause::Maker, at) {
                    self.deeds.extend(key.revoking());
                }
                if known.insert(key.id.clone()) {
                    makers.push(key.id.clone());
                }
            }
            self.end_webhooks_made_by(&maker, at);
        }
    }
}

#[async_trait]
impl ApiKeyStore for MemoryStore {
    async fn put_api_key(&self, key: ApiKey) -> PortResult<bool> {
        let mut state = self.lock();
        let may_make = state.may_still_make(key.created_by.as_ref(), key.owner.as_ref(), &key.reach);
        if state.api_keys.contains_key(&key.id) || !may_make {
            return Ok(false);
        }
        state.deeds.extend(key.making());
        state.api_keys.insert(key.id.clone(), key);
        Ok(true)
    }

    async fn api_key(&self, id: &ApiKeyId) -> PortResult<Option<ApiKey>> {
        Ok(self.lock().api_keys.get(id).cloned())
    }

    async fn api_keys(
        &self,
        within: &Reach,
        after: Option<ApiKeyId>,
        limit: usize,
    ) -> PortResult<Vec<ApiKey>> {
        let state = self.lock();
        let wanted = |key: &&ApiKey| {
            after.as_ref().is_none_or(|after| key.id > *after) && state.lies_within(&key.reach, within)
        };
        Ok(state.api_keys.values().filter(wanted).take(limit).cloned().collect())
    }

    async fn count_api_keys(&self, of: &Reach) -> PortResult<usize> {
        let state = self.lock();
        Ok(state.api_keys.values().filter(|key| key.reach == *of && key.revoked_at.is_none()).count())
    }

    async fn revoke_api_key(&self, id: &ApiKeyId, by: Actor, at: Instant) -> PortResult<bool> {
        let mut state = self.lock();
        let Some(key) = state.api_keys.get_mut(id) else { return Ok(false) };
        if key.revoked_at.is_none() {
            key.revoke(by.clone(), at);
            let deed = key.revoking();
            state.deeds.extend(deed);
        }
        state.end_what_keys_made(vec![id.clone()], &by, at);
        Ok(true)
    }
}
