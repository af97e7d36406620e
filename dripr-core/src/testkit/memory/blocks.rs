use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::{
    campaign::Actor,
    email::{Block, EmailAddress},
    errors::PortResult,
    ids::UserId,
    ports::BlockStore,
    schedule::Instant,
};

#[async_trait]
impl BlockStore for MemoryStore {
    async fn block(&self, block: Block) -> PortResult<bool> {
        let mut state = self.lock();
        let key = block.address.key();
        if state.blocks.contains_key(&key) {
            return Ok(false);
        }
        state.deeds.push(block.making());
        state.blocks.insert(key.clone(), block);
        state.wake_all(&key);
        Ok(true)
    }

    async fn unblock(&self, address: &EmailAddress, by: Actor, at: Instant) -> PortResult<bool> {
        let mut state = self.lock();
        let key = address.key();
        let Some(known) = state.blocks.remove(&key) else { return Ok(false) };
        state.deeds.push(known.lifting(by, at));
        state.wake_all(&key);
        Ok(true)
    }

    async fn blocks(&self, after: Option<String>, limit: usize) -> PortResult<Vec<Block>> {
        let state = self.lock();
        let wanted = state.blocks.iter().filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after));
        Ok(wanted.take(limit).map(|(_, block)| block.clone()).collect())
    }

    async fn block_of(&self, address: &EmailAddress) -> PortResult<Option<Block>> {
        Ok(self.lock().blocks.get(&address.key()).cloned())
    }

    async fn blocked_among(&self, addresses: &[EmailAddress]) -> PortResult<Vec<Option<Block>>> {
        let state = self.lock();
        Ok(addresses.iter().map(|address| state.blocks.get(&address.key()).cloned()).collect())
    }
}

impl State {
    /// All campaigns to an address are due at once, whichever agent's they are.
    fn wake_all(&mut self, address_key: &str) {
        let agents: Vec<UserId> = self.agents.keys().cloned().collect();
        for agent in &agents {
            self.wake(agent, Some(address_key));
        }
    }
}
