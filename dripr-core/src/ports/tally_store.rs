//! What those who watch a deployment want counted.

use async_trait::async_trait;

use crate::{
    email::SuppressionCause, errors::PortResult, ids::CampaignId, safeguards::Complaints, schedule::Instant,
};

/// Counts what a store holds, of all agents together. Each count is one range of an index.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait TallyStore: Send + Sync {
    /// How many campaigns have a deadline that came before an instant; of more than `most`, `most`. Those that are to be
    /// looked at at once have no deadline that came: they are not among them, nor are removed ones.
    async fn overdue(&self, before: Instant, most: u64) -> PortResult<u64>;

    /// The campaigns that are to be looked at at once, counted to `most`: new ones, and those that were woken.
    async fn at_once(&self, most: u64) -> PortResult<AtOnce>;

    /// What came back of emails since the deployment began.
    async fn came_back(&self) -> PortResult<CameBack>;

    /// How many emails were to leave since an instant and were sent, and how many were reported as spam since then, each
    /// once.
    async fn all_complaints(&self, since: Instant) -> PortResult<Complaints>;

    /// How many addresses are not written to now, for each cause that there is.
    async fn count_suppressions(&self) -> PortResult<Vec<(SuppressionCause, u64)>>;
}

/// Campaigns that are to be looked at at once. How long they have been is stored nowhere: where the first one stays the
/// same, nobody looks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AtOnce {
    /// The one that is looked at first, the one with the lowest id; none if there are none.
    pub first: Option<CampaignId>,
    /// How many there are.
    pub count: u64,
}

/// How much came back of emails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CameBack {
    /// Failures that mail systems told of; automatic answers of people are none.
    pub bounced: u64,
    /// Reports that an email is spam.
    pub complained: u64,
}
