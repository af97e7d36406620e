//! Who takes messages to endpoints.

use async_trait::async_trait;

use crate::webhooks::{Answer, Endpoint, Message};

/// Sends messages to endpoints.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Sends a message once, signed with every secret that signs now, and says what came of it. It follows no redirect and
    /// returns within far less than [`IN_HAND`](crate::webhooks::IN_HAND). Of the answer it keeps the status alone.
    async fn send(&self, endpoint: &Endpoint, message: &Message) -> Answer;
}
