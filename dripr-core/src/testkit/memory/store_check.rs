use async_trait::async_trait;

use super::MemoryStore;
use crate::{errors::PortResult, ports::StoreCheck, schedule::Instant};

/// Memory is always there.
#[async_trait]
impl StoreCheck for MemoryStore {
    async fn check_reading(&self) -> PortResult<()> {
        drop(self.lock());
        Ok(())
    }

    async fn check_writing(&self, _now: Instant) -> PortResult<()> {
        drop(self.lock());
        Ok(())
    }

    async fn check_layout(&self) -> PortResult<()> {
        Ok(())
    }
}
