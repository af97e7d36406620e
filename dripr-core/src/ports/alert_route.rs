//! A way to an operator.

use async_trait::async_trait;

use crate::{alerts::Word, errors::PortResult};

/// Takes alerts to an operator.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AlertRoute: Send + Sync {
    /// Tells a word. It may come again under the same id, and returns after a limited time.
    ///
    /// # Errors
    /// It was not told, or that is not known: it is to be told again.
    async fn tell(&self, word: &Word) -> PortResult<()>;
}
