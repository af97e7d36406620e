//! Whether a provider would work, found out before anything depends on it.

use async_trait::async_trait;

use crate::errors::PortResult;

/// A provider that can be asked whether it would work, at as little cost as it lets.
///
/// It is for people who set a deployment up, and for whoever watches one. One call at the most goes to the provider, a
/// real one: it finds out whether the address is right, the key is taken, the quota is not used up and the answer can be
/// read. Nothing is sent to anybody, kept or changed by it.
///
/// ```
/// use async_trait::async_trait;
/// use dripr_core::{errors::{Fault, PortError, PortResult}, ports::Probe};
///
/// struct Locked;
///
/// #[async_trait]
/// impl Probe for Locked {
///     async fn probe(&self) -> PortResult<()> {
///         Err(PortError::new(Fault::Misconfigured, "the MLS refuses the key (HTTP 401)"))
///     }
/// }
/// # futures_util::FutureExt::now_or_never(async {
/// assert_eq!(Locked.probe().await.unwrap_err().to_string(), "the MLS refuses the key (HTTP 401)");
/// # }).unwrap();
/// ```
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Probe: Send + Sync {
    /// Asks. `Ok` says that a call that matters would be understood and answered now.
    ///
    /// # Errors
    /// What a call that matters would fail with: a sentence that names the provider and says what is wrong, sorted by
    /// whose fault it is.
    async fn probe(&self) -> PortResult<()>;
}
