//! Where campaigns live.

use async_trait::async_trait;

use crate::{
    campaign::{AuditEntry, Campaign, CampaignStatus, Command, Dossier, Operation, Refusal, Reply},
    contact::Contact,
    content::{CycleContent, ZipCode},
    email::EmailAddress,
    errors::PortResult,
    ids::{CampaignId, ContactId, UserId},
    schedule::{Cycle, Instant},
};

/// Stores campaigns, and changes them by executing [`Command`]s.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait CampaignStore: Send + Sync {
    /// Stores new campaigns with their contacts, each alone: one refused row does not stop the others.
    ///
    /// The row that says who made one is stored with it. One live campaign per agent, normalised recipient address and home (or ZIP code): a second is answered with
    /// [`Enrolment::Exists`] and changes nothing. A contact of that agent with that address is used, not doubled; one that has no
    /// external id gets the new one's [with the campaign](crate::contact::Enrolling), and a row of the history says so where one says who
    /// made the campaign. A campaign that was removed and is made again inherits `last_cycle` and `last_sent_email_datetime`, so that the
    /// minimum gap holds; where it brings its own, as one that another system sent does, the later holds. A stored campaign is due at once, so that a tick plans its first slot. Repeating the call
    /// gives `Exists` with the same id. Those who want to know are told of each that was stored, unless it is
    /// [one of many](NewCampaign::one_of_many).
    async fn enrol(&self, new: Vec<NewCampaign>) -> PortResult<Vec<Enrolment>>;

    /// Campaigns with what decisions look at, in the order asked for; `None` for an unknown id. Removed ones are
    /// given, with their `deleted_at`.
    async fn load(&self, ids: &[CampaignId]) -> PortResult<Vec<Option<Dossier>>>;

    /// Executes commands, each alone: one that is refused does not stop the others.
    ///
    /// For every campaign named, one transaction reads its [`Dossier`] under a lock (or detects that it changed since,
    /// and begins again), calls [`Dossier::execute`] for each of its commands in order, and writes all of the
    /// [`Amendment`](crate::campaign::Amendment): the campaign's row, emails, texts, content, suppressions, audit rows
    /// and the events, each in every queue it wakes or in the outbox, together with the campaign's new
    /// [`deadline`](crate::campaign::deadline). A deadline that is stored, still ahead and earlier by no more than a minute may stay,
    /// so that the campaign is looked at once more. An implementation may join commands of several callers in one
    /// transaction, but answers none before its commit is durable. After a new suppression all campaigns of that
    /// agent to that address are due at once.
    ///
    /// The answer has one [`Execution`] for each command, in order.
    ///
    /// # Errors
    /// None of the commands was executed, or (if the connection broke during the commit) all of one transaction's
    /// were: the caller reads again before it assumes either. Executing them again is safe: each looks at the state
    /// it finds.
    async fn execute(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>>;

    /// Campaigns whose deadline has come, the earliest first, at most `limit`; then those whose deadline is farther ahead
    /// than [`FARTHEST`](crate::policy::FARTHEST), which a wrong clock left behind. Two range scans over an index: the
    /// cost does not grow with the campaigns that are not due.
    async fn due(&self, now: Instant, limit: usize) -> PortResult<Vec<CampaignId>>;

    /// The earliest stored deadline of all, past or not.
    async fn next_due(&self) -> PortResult<Option<Instant>>;

    /// What operations stored for one cycle of each campaign, in the order asked for.
    async fn content(&self, of: &[(CampaignId, Cycle)]) -> PortResult<Vec<Vec<(Operation, CycleContent)>>>;

    /// The latest content of an operation stored for a cycle before the given one, for each campaign in the order asked
    /// for: it says what changed since, or stands in for what cannot be had now.
    async fn earlier_content(
        &self,
        of: &[(CampaignId, Cycle)],
        operation: Operation,
    ) -> PortResult<Vec<Option<(Cycle, CycleContent)>>>;

    /// Campaigns by filter, ordered by id, after `after`, at most `limit`; removed ones are left out.
    async fn list(
        &self,
        filter: &CampaignFilter,
        after: Option<CampaignId>,
        limit: usize,
    ) -> PortResult<Vec<Dossier>>;

    /// How many campaigns stand in each status; removed ones are left out.
    async fn count_by_status(&self) -> PortResult<Vec<(CampaignStatus, u64)>>;

    /// A campaign's history, oldest first.
    async fn history(&self, campaign: &CampaignId) -> PortResult<Vec<HistoryEntry>>;
}

/// A campaign to be stored, with its recipient.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCampaign {
    /// The recipient.
    pub contact: Contact,
    /// The campaign.
    pub campaign: Campaign,
    /// The row of its history that says who made it, if anybody is to be told.
    pub audit: Option<AuditEntry>,
    /// Whether it comes with many others, as rows of a file do. Programs that want to know are not told of each of those.
    pub one_of_many: bool,
}

/// What became of a new campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enrolment {
    /// It was stored.
    Enrolled(CampaignId),
    /// There is one like it already.
    Exists(CampaignId),
    /// Another contact of the agent has the external id of its recipient. Nothing changed.
    ExternalIdTaken(ContactId),
    /// There is no such agent.
    NoAgent(UserId),
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// The reply, or why it was refused.
    pub result: Result<Reply, Refusal>,
    /// The campaign's deadline now.
    pub deadline: Option<Instant>,
}

/// Which campaigns are wanted. Every field that is given must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CampaignFilter {
    /// Of this agent.
    pub user_id: Option<UserId>,
    /// To this address, however it is spelt.
    pub to: Option<EmailAddress>,
    /// About this ZIP code.
    pub zip_code: Option<ZipCode>,
    /// In this status.
    pub status: Option<CampaignStatus>,
    /// Those that need their agent ([`Campaign::needs_agent`]), or those that do not.
    pub needs_agent: Option<bool>,
    /// Those that are enabled, or those that are not.
    pub enabled: Option<bool>,
}

/// One line of a campaign's history.
pub type HistoryEntry = AuditEntry;
