//! Stores of blocked addresses.

use async_trait::async_trait;
use dripr_core::{
    campaign::Actor,
    email::{Block, EmailAddress},
    errors::PortResult,
    ports::BlockStore,
    schedule::Instant,
    testkit::contract,
};

use crate::wrong_store::{Fault, Wrong};

#[async_trait]
impl BlockStore for Wrong {
    async fn block(&self, block: Block) -> PortResult<bool> {
        let (address, by, at) = (block.address.clone(), block.by.clone(), block.since);
        if self.store.block(block.clone()).await? {
            return Ok(true);
        }
        if self.is(Fault::LastBlockCounts) {
            self.store.unblock(&address, by, at).await?;
            self.store.block(block).await?;
        }
        Ok(self.is(Fault::BlocksTwice))
    }
    async fn unblock(&self, address: &EmailAddress, by: Actor, at: Instant) -> PortResult<bool> {
        let known = self.store.block_of(address).await?;
        if self.is(Fault::LiftsOneSpelling) && known.is_none_or(|known| known.address != *address) {
            return Ok(false);
        }
        Ok(self.store.unblock(address, by, at).await? || self.is(Fault::LiftsTwice))
    }
    async fn blocks(&self, after: Option<String>, limit: usize) -> PortResult<Vec<Block>> {
        let limit = if self.is(Fault::BlocksWithoutEnd) { usize::MAX } else { limit };
        let mut blocks = self.store.blocks(after, limit).await?;
        if self.is(Fault::BlocksBackwards) {
            blocks.reverse();
        }
        Ok(blocks)
    }
    async fn block_of(&self, address: &EmailAddress) -> PortResult<Option<Block>> {
        self.store.block_of(address).await
    }
    async fn blocked_among(&self, addresses: &[EmailAddress]) -> PortResult<Vec<Option<Block>>> {
        let mut blocks = self.store.blocked_among(addresses).await?;
        blocks.retain(|block| block.is_some() || !self.is(Fault::KnownAloneAmong));
        Ok(blocks)
    }
}

async fn wrong(fault: Fault) {
    contract::block_store(&Wrong::new(fault)).await;
}

#[tokio::test]
#[should_panic(expected = "an address is blocked once")]
async fn a_store_to_which_every_block_is_news() {
    wrong(Fault::BlocksTwice).await;
}

#[tokio::test]
#[should_panic(expected = "and stays blocked as it was at first")]
async fn a_store_in_which_the_last_block_counts() {
    wrong(Fault::LastBlockCounts).await;
}

#[tokio::test]
#[should_panic(expected = "all campaigns to the address are due at once")]
async fn a_store_that_wakes_one_agents_campaigns() {
    wrong(Fault::WakesOneAgent).await;
}

#[tokio::test]
#[should_panic(expected = "it is lifted, however the address is spelt")]
async fn a_store_that_knows_one_spelling() {
    wrong(Fault::LiftsOneSpelling).await;
}

#[tokio::test]
#[should_panic(expected = "once")]
async fn a_store_that_lifts_what_is_not_blocked() {
    wrong(Fault::LiftsTwice).await;
}

#[tokio::test]
#[should_panic(expected = "blocks are listed by the keys of their addresses")]
async fn a_store_that_lists_blocks_backwards() {
    wrong(Fault::BlocksBackwards).await;
}

#[tokio::test]
#[should_panic(expected = "a page at a time")]
async fn a_store_that_lists_all_blocks() {
    wrong(Fault::BlocksWithoutEnd).await;
}

#[tokio::test]
#[should_panic(expected = "each of several addresses is answered in its place")]
async fn a_store_that_answers_for_what_is_blocked_alone() {
    wrong(Fault::KnownAloneAmong).await;
}

#[tokio::test]
#[should_panic(expected = "all that changed something is noted")]
async fn a_store_that_does_not_note_who_lifted_a_block() {
    wrong(Fault::NotesNoUnblocking).await;
}

#[tokio::test]
#[should_panic(expected = "for operators alone")]
async fn a_store_that_tells_agents_of_blocks() {
    wrong(Fault::DeedsForEverybody).await;
}

#[tokio::test]
#[should_panic(expected = "an erasure lifts nothing")]
async fn a_store_in_which_an_erasure_lifts_a_block() {
    wrong(Fault::ErasureLifts).await;
}
