//! The in-memory ports keep the contracts that every implementation keeps.

use dripr_core::testkit::{Mailbox, MemoryStore, contract};

#[tokio::test]
async fn the_memory_store_keeps_the_campaign_contract() {
    contract::campaign_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_email_contract() {
    contract::email_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_agent_contract() {
    contract::agent_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_contact_contract() {
    contract::contact_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_area_contract() {
    contract::area_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_queue_contract() {
    contract::event_queue(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_mailbox_keeps_the_mailer_contract() {
    contract::mailer(&Mailbox::new(), true).await;
}
