//! Where keys are kept.

use async_trait::async_trait;

use crate::{
    access::{ApiKey, Reach},
    campaign::Actor,
    errors::PortResult,
    ids::ApiKeyId,
    schedule::Instant,
};

/// Keeps the keys by which programs come.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// Stores a new key, and [that it was made](ApiKey::making). `false`, and nothing changed, if there is one with that id, or if
    /// who makes it may not any more: the key that does was taken back, or the agent is gone, is banned or reaches less than the
    /// [owner](ApiKey::owner) did ([`Caller::still_reaches`](crate::access::Caller::still_reaches)); or if it is for one agent who
    /// was removed, or is not within what the owner reaches ([`Reach::may_be_given`]). Nobody changes either agent before it is stored.
    async fn put_api_key(&self, key: ApiKey) -> PortResult<bool>;

    /// A key by its id, revoked and expired ones too.
    async fn api_key(&self, id: &ApiKeyId) -> PortResult<Option<ApiKey>>;

    /// Keys that [lie within](Reach::contains) a reach, ordered by id, after `after`, at most `limit`.
    async fn api_keys(
        &self,
        within: &Reach,
        after: Option<ApiKeyId>,
        limit: usize,
    ) -> PortResult<Vec<ApiKey>>;

    /// How many keys have exactly this reach and were not taken back.
    async fn count_api_keys(&self, of: &Reach) -> PortResult<usize>;

    /// Takes a key back, and stores [that it was](ApiKey::revoking): from the answer on it admits nobody, nor does any key that it
    /// made, nor that one of those made, and so on ([`ApiKey::end`]), and webhooks that any of them made are off; in one transaction.
    /// `false` if there is none; one that was revoked stays as it is.
    async fn revoke_api_key(&self, id: &ApiKeyId, by: Actor, at: Instant) -> PortResult<bool>;
}
