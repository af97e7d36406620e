//! Where it is kept what was done about keys, webhooks and blocked addresses.

use async_trait::async_trait;

use crate::{
    access::{Deed, Reach},
    errors::PortResult,
};

/// Reads the history of keys, webhooks and blocked addresses. It is written by [`ApiKeyStore`](super::ApiKeyStore),
/// [`WebhookStore`](super::WebhookStore), [`BlockStore`](super::BlockStore) and [`AgentStore`](super::AgentStore), together with
/// what was done.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait DeedStore: Send + Sync {
    /// What was done about what [lies within](Reach::contains) a reach, the newest first, before `before`, at most `limit`.
    async fn deeds(&self, within: &Reach, before: Option<u64>, limit: usize) -> PortResult<Vec<DeedEntry>>;
}

/// One line of that history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeedEntry {
    /// Its number; later lines have greater ones.
    pub number: u64,
    /// What was done.
    pub deed: Deed,
}
