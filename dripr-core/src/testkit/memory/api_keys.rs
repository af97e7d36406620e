use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::{
    access::{ApiKey, Reach},
    campaign::Actor,
    errors::PortResult,
    ids::ApiKeyId,
    ports::ApiKeyStore,
    schedule::Instant,
};

impl State {
    /// Takes keys back that reach this one agent alone.
    pub(super) fn leave_keys_behind(&mut self, of: &Reach, at: Instant) {
        for key in self.api_keys.values_mut().filter(|key| key.reach == *of) {
            if key.left_behind(at) {
                self.deeds.extend(key.revoking());
            }
        }
    }
}

#[async_trait]
impl ApiKeyStore for MemoryStore {
    async fn put_api_key(&self, key: ApiKey) -> PortResult<bool> {
        let mut state = self.lock();
        if state.api_keys.contains_key(&key.id) {
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

    async fn revoke_api_key(&self, id: &ApiKeyId, by: Actor, at: Instant) -> PortResult<bool> {
        let mut state = self.lock();
        let Some(key) = state.api_keys.get_mut(id) else { return Ok(false) };
        if key.revoked_at.is_none() {
            key.revoke(by, at);
            let deed = key.revoking();
            state.deeds.extend(deed);
        }
        Ok(true)
    }
}
