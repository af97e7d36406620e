//! Where the HTML of emails is kept for people.

use async_trait::async_trait;

use crate::{
    errors::PortResult,
    ids::{EmailId, UserId},
};

/// Keeps the HTML of every email, for the agent to look at later. What is sent comes from the store, not from here.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Archive: Send + Sync {
    /// Keeps an email's HTML. Keeping it again replaces it.
    async fn keep(&self, user: &UserId, email: &EmailId, html: &str) -> PortResult<()>;

    /// Removes an email's HTML for good, as far as the archive can; nothing if there is none.
    async fn forget(&self, user: &UserId, email: &EmailId) -> PortResult<()>;

    /// An email's HTML.
    async fn html(&self, user: &UserId, email: &EmailId) -> PortResult<Option<String>>;
}
