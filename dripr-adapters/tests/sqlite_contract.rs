//! The SQLite store does what every store must do.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use dripr_adapters::{
    sql::{Queues, SqlRateLimiter, SqlStore, SqliteOptions},
    token_bucket::Rate,
};
use dripr_core::testkit::contract;

async fn empty() -> (tempfile::TempDir, SqlStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
    (folder, store)
}

#[tokio::test]
async fn it_stores_campaigns_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::campaign_store(&store).await;
}

#[tokio::test]
async fn it_stores_emails_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::email_store(&store).await;
}

#[tokio::test]
async fn it_stores_agents_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::agent_store(&store).await;
}

#[tokio::test]
async fn it_keeps_answers_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::reply_store(&store).await;
}

#[tokio::test]
async fn it_keeps_imports_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::import_store(&store).await;
}

#[tokio::test]
async fn it_counts_what_agents_achieved_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::statistics_store(&store).await;
}

#[tokio::test]
async fn it_keeps_keys_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::api_key_store(&store).await;
}

#[tokio::test]
async fn it_keeps_what_was_done_about_keys_and_webhooks_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::deed_store(&store).await;
}

#[tokio::test]
async fn it_stores_contacts_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::contact_store(&store).await;
}

#[tokio::test]
async fn it_blocks_addresses_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::block_store(&store).await;
}

#[tokio::test]
async fn it_stores_mail_accounts_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::mail_account_store(&store).await;
}

#[tokio::test]
async fn it_stores_alarms_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::alert_store(&store).await;
}

#[tokio::test]
async fn it_keeps_webhooks_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::webhook_store(&store).await;
}

#[tokio::test]
async fn it_can_be_checked_as_every_store_can() {
    let (_folder, store) = empty().await;
    contract::store_check(&store).await;
}

#[tokio::test]
async fn it_counts_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::tally_store(&store).await;
}

#[tokio::test]
async fn it_stores_channels_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::channel_store(&store).await;
}

#[tokio::test]
async fn it_stores_what_agents_were_told_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::notice_store(&store).await;
}

#[tokio::test]
async fn it_finds_and_erases_persons_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::person_store(&store).await;
}

#[tokio::test]
async fn it_stores_shared_content_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::area_store(&store).await;
}

#[tokio::test]
async fn it_delivers_as_every_queue_does() {
    let (_folder, store) = empty().await;
    contract::event_queue(&store).await;
}

#[tokio::test]
async fn it_keeps_what_came_back_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::feedback_store(&store).await;
}

#[tokio::test]
async fn it_hands_events_to_relays_as_every_outbox_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = SqliteOptions::default();
    options.queues = Queues::Elsewhere;
    let store = SqlStore::sqlite(folder.path().join("dripr.db"), options).await.unwrap();
    contract::outbox(&store, &store).await;
}

#[tokio::test]
async fn it_publishes_as_every_bus_does() {
    let (_folder, store) = empty().await;
    contract::event_bus(&store, &store).await;
}

#[tokio::test]
async fn its_queues_are_shown_as_all_queues_are() {
    let (_folder, store) = empty().await;
    contract::queue_desk(&store, &store, &store).await;
}

#[tokio::test]
async fn it_counts_calls_as_every_limiter_does() {
    let (_folder, store) = empty().await;
    let rate = Rate { calls: 7, period: Duration::from_secs(3600) };
    let limiter = SqlRateLimiter::new(store, [("api".to_owned(), rate)]);
    contract::rate_limiter(&limiter, "api", 7, "2026-03-12T15:00:00Z".parse().unwrap()).await;
}
