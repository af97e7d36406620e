//! Where content shared by an area lives for its day.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    content::{AreaContent, AreaKey},
    errors::PortResult,
    schedule::Instant,
};

/// Stores what campaigns of one area share, and sees to it that only one fetches it.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AreaStore: Send + Sync {
    /// Asks for content: it is there, or the caller is the one to fetch it, or somebody else is fetching it.
    ///
    /// Being the one is a lease that ends at `until`; who comes after that is the next one, with a higher fence. A lease
    /// that ends farther ahead than [`FARTHEST`](crate::policy::FARTHEST) was given by a wrong clock and is over.
    async fn begin(&self, key: &AreaKey, now: Instant, until: Instant) -> PortResult<Begun>;

    /// Stores fetched content under the fence of [`Begun::Yours`], whole: nobody sees a part of it. `false`, and
    /// nothing changed, if the fence is not the newest.
    async fn finish(&self, key: &AreaKey, fence: u64, content: Arc<AreaContent>) -> PortResult<bool>;

    /// Gives a lease back after a failed fetch, so that the next one need not wait for its end. A stale fence changes
    /// nothing.
    async fn abandon(&self, key: &AreaKey, fence: u64) -> PortResult<()>;

    /// Content by key, in the order asked for.
    async fn content(&self, keys: &[AreaKey]) -> PortResult<Vec<Option<Arc<AreaContent>>>>;

    /// The latest content of the same kind, agent and ZIP code from a day before the key's.
    async fn latest_before(&self, key: &AreaKey) -> PortResult<Option<(AreaKey, Arc<AreaContent>)>>;
}

/// What became of asking for shared content.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// Here it is.
    Stored(Arc<AreaContent>),
    /// The caller is to fetch it, and store it under this fence.
    Yours {
        /// To be given to [`AreaStore::finish`].
        fence: u64,
    },
    /// Somebody else is fetching it, and has until then.
    Busy {
        /// The end of their lease.
        until: Instant,
    },
}
