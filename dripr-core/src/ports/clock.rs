//! What time it is.

use async_trait::async_trait;

use crate::schedule::Instant;

/// What time it is, and waiting for another.
///
/// The engine never asks anything else for the time, so that any moment can be replayed.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present instant. It may jump in either direction; the engine's rules hold all the same.
    fn now(&self) -> Instant;

    /// Returns once [`Clock::now`] has reached an instant; at once if it already has.
    ///
    /// Dropping the future stops the waiting. A manual clock returns when it is set far enough.
    async fn sleep_until(&self, instant: Instant);
}
