//! Where it is kept whether feedback still comes.

use async_trait::async_trait;

use crate::{errors::PortResult, safeguards::Channel};

/// Keeps how the ways stand by which providers tell what became of emails.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ChannelStore: Send + Sync {
    /// A channel by its name; `None` if nothing is known of it.
    async fn channel(&self, name: &str) -> PortResult<Option<Channel>>;

    /// Stores a channel with the next version. It must be new (version 0), or its version the stored one's. `false`, and
    /// nothing changed, if somebody else was faster.
    async fn put_channel(&self, channel: Channel) -> PortResult<bool>;
}
