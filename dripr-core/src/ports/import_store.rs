//! Where imports of contacts are kept.

use async_trait::async_trait;

use crate::{
    campaign::AuditEntry,
    errors::PortResult,
    ids::{CampaignId, ImportId, UserId},
    imports::{Import, ImportLine},
    schedule::Instant,
};

/// Keeps imports for [`KEPT_DAYS`](crate::imports::KEPT_DAYS), with what is [reported](crate::imports::Reported) of their rows.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Keeps a new import.
    async fn add_import(&self, import: Import) -> PortResult<()>;

    /// An import by id.
    async fn import(&self, id: &ImportId) -> PortResult<Option<Import>>;

    /// An agent's imports, the greatest id first, before `before`, at most `limit`.
    async fn imports(&self, user: &UserId, before: Option<ImportId>, limit: usize)
    -> PortResult<Vec<Import>>;

    /// The ids of imports of all agents that were cancelled and [left to their readers](Import::is_left_to_reader), in their order,
    /// after `after`, at most `limit`. Some of them may have ended: what they are is what they say. One that cannot be read is among
    /// them and hides no other.
    async fn imports_left_to_readers(
        &self,
        after: Option<ImportId>,
        limit: usize,
    ) -> PortResult<Vec<ImportId>>;

    /// Stores how far an import is, if its stored version is still the one given here, counts that up, adds lines to its
    /// present run, and a row to the agent's history, and tells those who want to know that it has
    /// [ended for good](crate::webhooks::Message::of_import): all of it or nothing. `false`, and nothing changed, if it changed
    /// meanwhile or is not there any more. So whoever reads its file learns that another [cancelled](Import::cancel) it.
    async fn put_import(
        &self,
        import: &Import,
        lines: Vec<ImportLine>,
        audit: Option<AuditEntry>,
    ) -> PortResult<bool>;

    /// Forgets a portion of the imports that were made then or before, and of their lines; how many rows that were. Zero once nothing
    /// of them is left.
    async fn forget_imports(&self, made_by: Instant) -> PortResult<u64>;

    /// Forgets a portion of the lines of runs before an import's present one; how many that were. Zero once nothing of them is
    /// left.
    async fn forget_earlier_lines(&self, import: &ImportId) -> PortResult<u64>;

    /// Lines of an import's present run that match a filter, in the order of their rows, after the row `after`, at most `limit`.
    async fn import_lines(
        &self,
        import: &ImportId,
        filter: ImportLineFilter,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<ImportLine>>;

    /// The live campaign of an agent for each of these: the [key](crate::email::EmailAddress::key) of an address, and the
    /// [key of a home](crate::campaign::Campaign::home_key). In the order asked for.
    async fn campaigns_like(
        &self,
        user: &UserId,
        wanted: &[(String, String)],
    ) -> PortResult<Vec<Option<CampaignId>>>;
}

/// Which lines of an import are wanted. Every field that is given must match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportLineFilter {
    /// With the fate of this [name](crate::imports::Fate::name).
    pub fate: Option<&'static str>,
    /// Of people who want no mail, or of all others.
    pub opted_out: Option<bool>,
    /// Whose address could not be verified, or all others.
    pub not_verified: Option<bool>,
}
