//! Where emails are read. They are written with their campaign, by [`CampaignStore::execute`](super::CampaignStore).

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    access::Reach,
    campaign::AuditEntry,
    email::{DeliveryStatus, Email, Message},
    errors::PortResult,
    ids::{CampaignId, EmailId, UserId},
    schedule::Instant,
};

/// Reads emails, and settles held ones.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EmailStore: Send + Sync {
    /// An email by id.
    async fn email(&self, id: &EmailId) -> PortResult<Option<Email>>;

    /// Emails by their ids, in the order asked for; `None` for an unknown id.
    async fn emails_by_ids(&self, ids: &[EmailId]) -> PortResult<Vec<Option<Email>>>;

    /// The texts of emails, byte for byte as they were stored, in the order asked for.
    async fn messages(&self, ids: &[EmailId]) -> PortResult<Vec<Option<Arc<Message>>>>;

    /// Emails by filter, ordered by id, after `after`, at most `limit`.
    async fn emails(
        &self,
        filter: &EmailFilter,
        after: Option<EmailId>,
        limit: usize,
    ) -> PortResult<Vec<Email>>;

    /// Emails of the agents within a reach who are not removed, in the order that is wanted, at most `limit`.
    async fn emails_within(
        &self,
        within: &Reach,
        search: &EmailSearch,
        limit: usize,
    ) -> PortResult<Vec<Email>>;

    /// How many emails stand in each delivery status.
    async fn count_by_status(&self) -> PortResult<Vec<(DeliveryStatus, u64)>>;

    /// Settles an email whose outcome a person or a provider has learnt: HELD becomes `to` (COMPLETE or SKIPPED), with
    /// an audit row. `false`, and nothing changed, if it is not HELD any more.
    async fn resolve_held(&self, id: &EmailId, to: DeliveryStatus, audit: AuditEntry) -> PortResult<bool>;
}

/// Which emails are wanted. Every field that is given must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmailFilter {
    /// Of this agent.
    pub user_id: Option<UserId>,
    /// Of this campaign.
    pub campaign_id: Option<CampaignId>,
    /// In this delivery status.
    pub delivery_status: Option<DeliveryStatus>,
}

/// Which emails are looked for within a reach, and in which order. Every field that is given must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmailSearch {
    /// Of this campaign.
    pub campaign_id: Option<CampaignId>,
    /// In one of these delivery statuses; in any, if none is named.
    pub delivery_statuses: Vec<DeliveryStatus>,
    /// Made at this instant or later.
    pub created_from: Option<Instant>,
    /// Made before this instant.
    pub created_to: Option<Instant>,
    /// In which order, and from where on.
    pub order: EmailOrder,
}

/// An order of emails, and the place after which a part of it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailOrder {
    /// By their ids, as texts.
    Id(Option<EmailId>),
    /// As they were made, and by their ids where that was at the same microsecond.
    OldestFirst(Option<EmailPlace>),
    /// The other way round.
    NewestFirst(Option<EmailPlace>),
}

impl Default for EmailOrder {
    fn default() -> Self {
        Self::Id(None)
    }
}

/// The place of an email among others, by the time at which they were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailPlace {
    /// When it was made; less than a microsecond does not count.
    pub created_at: Instant,
    /// Its id.
    pub id: EmailId,
}
