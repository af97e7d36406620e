//! Stores of what was done about keys, webhooks and blocked addresses.

use async_trait::async_trait;
use dripr_core::{
    access::Reach,
    campaign::Actor,
    errors::PortResult,
    ports::{DeedEntry, DeedStore},
    testkit::contract,
};

use crate::wrong_store::{Fault, Wrong};

#[async_trait]
impl DeedStore for Wrong {
    async fn deeds(&self, within: &Reach, before: Option<u64>, limit: usize) -> PortResult<Vec<DeedEntry>> {
        let within = if self.is(Fault::DeedsForEverybody) { &Reach::Deployment } else { within };
        let before = before.filter(|_| !self.is(Fault::DeedsFromTheNewest));
        let limit = if self.is(Fault::DeedsWithoutEnd) { usize::MAX } else { limit };
        let mut entries = self.store.deeds(within, before, limit).await?;
        if self.is(Fault::DeedsBackwards) {
            entries.reverse();
        }
        entries.retain(|DeedEntry { deed, .. }| {
            let own = self.is(Fault::NotesNothingOfItsOwn) && deed.actor == Actor::System;
            let lifting = self.is(Fault::NotesNoUnblocking) && deed.what == "address_unblocked";
            !own && !lifting
        });
        for DeedEntry { deed, .. } in &mut entries {
            if self.is(Fault::ForgetsWhy) {
                deed.cause = None;
            }
            if self.is(Fault::ForgetsWho) {
                deed.actor = Actor::System;
            }
        }
        if self.is(Fault::NotesRevokingTwice) {
            let times = |entry: &DeedEntry| if entry.deed.what == "key_revoked" { 2 } else { 1 };
            entries = entries.into_iter().flat_map(|entry| vec![entry.clone(); times(&entry)]).collect();
        }
        Ok(entries)
    }
}

async fn wrong(fault: Fault) {
    contract::deed_store(&Wrong::new(fault)).await;
}

#[tokio::test]
#[should_panic(expected = "within Brokerage(")]
async fn a_store_that_tells_everybody_what_was_done() {
    wrong(Fault::DeedsForEverybody).await;
}

#[tokio::test]
#[should_panic(expected = "the newest first")]
async fn a_store_that_tells_the_oldest_first() {
    wrong(Fault::DeedsBackwards).await;
}

#[tokio::test]
#[should_panic(expected = "a page at a time")]
async fn a_store_that_begins_each_page_anew() {
    wrong(Fault::DeedsFromTheNewest).await;
}

#[tokio::test]
#[should_panic(expected = "a page at a time")]
async fn a_store_that_tells_all_that_was_done() {
    wrong(Fault::DeedsWithoutEnd).await;
}

#[tokio::test]
#[should_panic(expected = "as it was given")]
async fn a_store_that_forgets_why_it_was_done() {
    wrong(Fault::ForgetsWhy).await;
}

#[tokio::test]
#[should_panic(expected = "by whom and when")]
async fn a_store_that_forgets_who_did_it() {
    wrong(Fault::ForgetsWho).await;
}

#[tokio::test]
#[should_panic(expected = "once")]
async fn a_store_that_notes_twice_that_a_key_was_revoked() {
    wrong(Fault::NotesRevokingTwice).await;
}

#[tokio::test]
#[should_panic(expected = "and that is noted")]
async fn a_store_that_does_not_note_what_ended_by_itself() {
    wrong(Fault::NotesNothingOfItsOwn).await;
}

#[tokio::test]
#[should_panic(expected = "what a banned agent made for themself ends")]
async fn a_store_in_which_a_banned_agent_keeps_what_they_made() {
    wrong(Fault::BansInVain).await;
}
