use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    alerts::{Alarm, Alert},
    errors::PortResult,
    ports::AlertStore,
};

#[async_trait]
impl AlertStore for MemoryStore {
    async fn alarm(&self, alert: Alert) -> PortResult<Option<Alarm>> {
        Ok(self.lock().alarms.get(&alert).cloned())
    }

    async fn put_alarm(&self, mut alarm: Alarm) -> PortResult<bool> {
        let mut state = self.lock();
        if state.alarms.get(&alarm.alert).map_or(0, |known| known.version) != alarm.version {
            return Ok(false);
        }
        alarm.version += 1;
        state.alarms.insert(alarm.alert, alarm);
        Ok(true)
    }
}
