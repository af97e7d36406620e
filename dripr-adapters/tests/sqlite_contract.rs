//! The SQLite store does what every store must do.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use dripr_adapters::sql::sqlite::{SqliteOptions, SqliteStore};
use dripr_core::testkit::contract;

async fn empty() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
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
async fn it_stores_contacts_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::contact_store(&store).await;
}

#[tokio::test]
async fn it_stores_mail_accounts_as_every_store_does() {
    let (_folder, store) = empty().await;
    contract::mail_account_store(&store).await;
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
