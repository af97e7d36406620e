//! Whom a provider of mail delivers nothing to any more.

use async_trait::async_trait;

use crate::{
    email::{EmailAddress, SuppressionCause},
    errors::PortResult,
    schedule::Instant,
};

/// A provider's own list of the addresses to which it delivers nothing any more, whoever writes.
///
/// What changes on it is told as it happens ([`Refusal`](crate::feedback::Refusal)); the list also has what was on it before
/// anybody listened, and what was told while nobody did. [`take_over`](crate::feedback::take_over()) does what follows from it.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SuppressionList: Send + Sync {
    /// All that is on it, in any order. What is no address that dripr could write to is left out. Reading changes nothing there.
    ///
    /// # Errors
    /// The provider's. A list that could be read in part only is an error.
    async fn suppressed(&self) -> PortResult<Vec<ListedSuppression>>;
}

/// One address of a provider's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSuppression {
    /// Which address.
    pub address: EmailAddress,
    /// Why.
    pub cause: SuppressionCause,
    /// Since when, by the provider's clock, if it says so.
    pub since: Option<Instant>,
}
