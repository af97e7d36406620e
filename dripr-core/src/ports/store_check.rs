//! Whether a store can be worked with now.

use async_trait::async_trait;

use crate::{errors::PortResult, schedule::Instant};

/// Whether a store can be worked with now: for those who watch a deployment. Each question costs the same whatever is
/// stored, and a store that is full, read-only, closed or out of reach answers with the error that work would meet.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait StoreCheck: Send + Sync {
    /// Reads something.
    async fn check_reading(&self) -> PortResult<()>;

    /// Writes something that nobody reads, as durably as all that is stored, in the way in which work is stored.
    async fn check_writing(&self, now: Instant) -> PortResult<()>;

    /// Looks whether everything is there that this program stores things in. What a newer program added besides does
    /// no harm.
    async fn check_layout(&self) -> PortResult<()>;
}
