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

    /// An email's HTML.
    async fn html(&self, user: &UserId, email: &EmailId) -> PortResult<Option<String>>;
}
