use std::sync::Arc;

use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    content::{AreaContent, AreaKey},
    errors::PortResult,
    policy::{FARTHEST, after},
    ports::{AreaStore, Begun},
    schedule::Instant,
};

#[derive(Default)]
pub(super) struct Area {
    fence: u64,
    leased_until: Option<Instant>,
    content: Option<Arc<AreaContent>>,
}

#[async_trait]
impl AreaStore for MemoryStore {
    async fn begin(&self, key: &AreaKey, now: Instant, until: Instant) -> PortResult<Begun> {
        let mut state = self.lock();
        let area = state.areas.entry(key.clone()).or_default();
        if let Some(content) = &area.content {
            return Ok(Begun::Stored(content.clone()));
        }
        if let Some(until) = area.leased_until.filter(|until| now < *until && *until <= after(now, FARTHEST))
        {
            return Ok(Begun::Busy { until });
        }
        area.fence += 1;
        area.leased_until = Some(until);
        Ok(Begun::Yours { fence: area.fence })
    }

    async fn finish(&self, key: &AreaKey, fence: u64, content: Arc<AreaContent>) -> PortResult<bool> {
        let mut state = self.lock();
        let Some(area) =
            state.areas.get_mut(key).filter(|area| area.fence == fence && area.content.is_none())
        else {
            return Ok(false);
        };
        area.content = Some(content);
        area.leased_until = None;
        Ok(true)
    }

    async fn abandon(&self, key: &AreaKey, fence: u64) -> PortResult<()> {
        if let Some(area) = self.lock().areas.get_mut(key).filter(|area| area.fence == fence) {
            area.leased_until = None;
        }
        Ok(())
    }

    async fn content(&self, keys: &[AreaKey]) -> PortResult<Vec<Option<Arc<AreaContent>>>> {
        let state = self.lock();
        Ok(keys.iter().map(|key| state.areas.get(key).and_then(|area| area.content.clone())).collect())
    }

    async fn latest_before(&self, key: &AreaKey) -> PortResult<Option<(AreaKey, Arc<AreaContent>)>> {
        let state = self.lock();
        let same = state.areas.iter().filter(|(known, _)| {
            (known.kind, &known.user_id, known.zip_code) == (key.kind, &key.user_id, key.zip_code)
                && known.day < key.day
        });
        let stored = same.filter_map(|(key, area)| Some((key.clone(), area.content.clone()?)));
        Ok(stored.max_by_key(|(key, _)| key.day))
    }
}
