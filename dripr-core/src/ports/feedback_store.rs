//! Where what came back of emails is kept.

use async_trait::async_trait;

use crate::{
    errors::PortResult,
    feedback::Feedback,
    ids::{CampaignId, EmailId, FeedbackId, UserId},
    safeguards::Complaints,
    schedule::Instant,
};

/// Keeps what came back of emails, each thing once.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait FeedbackStore: Send + Sync {
    /// Whether a thing is kept already.
    async fn knows_feedback(&self, id: &FeedbackId) -> PortResult<bool>;

    /// Keeps a thing with the campaign of its email. `false`, and nothing changed, if it is kept already or there is no
    /// such email.
    async fn keep_feedback(&self, feedback: Feedback) -> PortResult<bool>;

    /// How many of an agent's emails were to leave since an instant and were sent, and how many were reported as spam since
    /// then.
    async fn complaints(&self, user: &UserId, since: Instant) -> PortResult<Complaints>;

    /// What came back of all emails of a campaign, in the order in which it happened.
    async fn feedback(&self, campaign: &CampaignId) -> PortResult<Vec<Feedback>>;

    /// What came back of one email, at most `limit`, in the order in which it happened, to the microsecond, and then by id;
    /// what comes after an instant and an id, where they are given. Nothing for an email that is not there.
    async fn feedback_of(
        &self,
        email: &EmailId,
        after: Option<(Instant, FeedbackId)>,
        limit: usize,
    ) -> PortResult<Vec<Feedback>>;
}
