//! How fast providers may be called.

use async_trait::async_trait;

use crate::{errors::PortResult, schedule::Instant};

/// Counts calls to providers across everything that shares a limit. It never blocks.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Takes `calls` calls of an API now, all or none.
    async fn take(&self, api: &str, calls: u32, now: Instant) -> PortResult<Permit>;
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Now; it is counted.
    Granted,
    /// Not now; nothing is counted.
    Exhausted {
        /// When to come back.
        retry_at: Instant,
    },
}
