//! How many provider calls a question may cost.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::errors::PortResult;

/// The calls that may be made to answer one question. An adapter takes each call from it just before it makes it, so
/// that a second page, a second try and a second source are counted as what they are. What costs nobody anything, such
/// as reading a file, is not taken.
///
/// Cheap to clone; all clones are one allowance.
///
/// ```
/// use dripr_core::ports::Allowance;
/// # futures_util::FutureExt::now_or_never(async {
/// let allowance = Allowance::unlimited();
/// allowance.take().await?;
/// # Ok::<(), dripr_core::errors::PortError>(())
/// # }).unwrap()?;
/// # Ok::<(), dripr_core::errors::PortError>(())
/// ```
#[derive(Clone, Default)]
pub struct Allowance(Option<Arc<dyn CallCounter>>);

impl Allowance {
    /// As many calls as it takes: for questions of people.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(None)
    }

    /// As many calls as a counter lets through.
    #[must_use]
    pub fn counted_by(counter: Arc<dyn CallCounter>) -> Self {
        Self(Some(counter))
    }

    /// Takes one call that is about to be made. It counts whatever becomes of it.
    ///
    /// # Errors
    /// [`Fault::NotAllowed`](crate::errors::Fault::NotAllowed) if there is none left, or the counter's own: then the
    /// call must not be made.
    pub async fn take(&self) -> PortResult<()> {
        match &self.0 {
            Some(counter) => counter.count().await,
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Allowance(counted)" } else { "Allowance(unlimited)" })
    }
}

/// Counts calls, durably, before they are made.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait CallCounter: Send + Sync {
    /// Counts one call.
    ///
    /// # Errors
    /// [`Fault::NotAllowed`](crate::errors::Fault::NotAllowed) if it may not be made.
    async fn count(&self) -> PortResult<()>;
}
