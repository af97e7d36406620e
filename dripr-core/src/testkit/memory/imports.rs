use async_trait::async_trait;

use super::{Audited, MemoryStore, State};
use crate::{
    campaign::AuditEntry,
    email::EmailAddress,
    errors::PortResult,
    ids::{CampaignId, ImportId, UserId},
    imports::{Import, ImportLine},
    ports::{ImportLineFilter, ImportStore},
    schedule::Instant,
    webhooks::{Kind, Message},
};

/// An import, and each of its lines with its run.
pub(super) struct Kept {
    import: Import,
    lines: Vec<(u32, ImportLine)>,
}

impl Kept {
    pub(super) fn of(&self, user: &UserId) -> bool {
        self.import.user_id == *user
    }

    pub(super) fn forget_lines(&mut self) {
        self.lines.clear();
    }
}

impl State {
    /// Lines of an agent's imports that repeat an address.
    pub(super) fn refused_rows_of(&self, user: &UserId, address: &EmailAddress) -> Vec<ImportLine> {
        let imports = self.imports.values().filter(|kept| kept.of(user));
        let lines = imports.flat_map(|kept| &kept.lines).map(|(_, line)| line);
        lines.filter(|line| line.names(address)).cloned().collect()
    }
}

#[async_trait]
impl ImportStore for MemoryStore {
    async fn add_import(&self, import: Import) -> PortResult<()> {
        self.lock().imports.insert(import.id.clone(), Kept { import, lines: Vec::new() });
        Ok(())
    }

    async fn forget_imports(&self, made_by: Instant) -> PortResult<u64> {
        let mut forgotten = 0;
        self.lock().imports.retain(|_, kept| {
            let is_kept = kept.import.created_at > made_by;
            forgotten += if is_kept { 0 } else { 1 + kept.lines.len() as u64 };
            is_kept
        });
        Ok(forgotten)
    }

    async fn forget_earlier_lines(&self, import: &ImportId) -> PortResult<u64> {
        let mut state = self.lock();
        let Some(kept) = state.imports.get_mut(import) else { return Ok(0) };
        let (before, run) = (kept.lines.len(), kept.import.run);
        kept.lines.retain(|(of, _)| *of >= run);
        Ok((before - kept.lines.len()) as u64)
    }

    async fn import(&self, id: &ImportId) -> PortResult<Option<Import>> {
        Ok(self.lock().imports.get(id).map(|kept| kept.import.clone()))
    }

    async fn imports(
        &self,
        user: &UserId,
        before: Option<ImportId>,
        limit: usize,
    ) -> PortResult<Vec<Import>> {
        let state = self.lock();
        let newest_first = state.imports.values().rev().map(|kept| &kept.import);
        let wanted = newest_first.filter(|import| {
            import.user_id == *user && before.as_ref().is_none_or(|before| import.id < *before)
        });
        Ok(wanted.take(limit).cloned().collect())
    }

    async fn imports_left_to_readers(
        &self,
        after: Option<ImportId>,
        limit: usize,
    ) -> PortResult<Vec<ImportId>> {
        let state = self.lock();
        let left = state.imports.values().map(|kept| &kept.import).filter(|import| {
            import.is_left_to_reader() && after.as_ref().is_none_or(|after| import.id > *after)
        });
        Ok(left.take(limit).map(|import| import.id.clone()).collect())
    }

    async fn put_import(
        &self,
        import: &Import,
        lines: Vec<ImportLine>,
        audit: Option<AuditEntry>,
    ) -> PortResult<bool> {
        let mut state = self.lock();
        let Some(kept) = state.imports.get_mut(&import.id) else { return Ok(false) };
        if kept.import.version != import.version {
            return Ok(false);
        }
        kept.import = Import { version: import.version + 1, ..import.clone() };
        kept.lines.extend(lines.into_iter().map(|line| (import.run, line)));
        let user_id = import.user_id.clone();
        state.audit.extend(audit.map(|entry| Audited { user_id, campaign_id: None, entry }));
        state.tell(&import.user_id, Kind::ImportDone, |_| Message::of_import(import));
        Ok(true)
    }

    async fn import_lines(
        &self,
        import: &ImportId,
        filter: ImportLineFilter,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<ImportLine>> {
        let state = self.lock();
        let Some(kept) = state.imports.get(import) else { return Ok(Vec::new()) };
        let mut lines: Vec<&ImportLine> = kept
            .lines
            .iter()
            .filter(|(run, line)| {
                *run == kept.import.run
                    && filter.fate.is_none_or(|fate| line.fate.name() == fate)
                    && filter.opted_out.is_none_or(|wanted| line.opted_out == wanted)
                    && filter.not_verified.is_none_or(|wanted| line.not_verified == wanted)
                    && after.is_none_or(|after| line.row > after)
            })
            .map(|(_, line)| line)
            .collect();
        lines.sort_by_key(|line| line.row);
        Ok(lines.into_iter().take(limit).cloned().collect())
    }

    async fn campaigns_like(
        &self,
        user: &UserId,
        wanted: &[(String, String)],
    ) -> PortResult<Vec<Option<CampaignId>>> {
        let state = self.lock();
        let find = |(address, home): &(String, String)| {
            let like = state.campaigns.values().find(|campaign| {
                let contact = state.contacts.get(&campaign.contact_id);
                campaign.user_id == *user
                    && campaign.deleted_at.is_none()
                    && contact.is_some_and(|contact| contact.email.key() == *address)
                    && campaign.home_key() == *home
            });
            like.map(|campaign| campaign.id.clone())
        };
        Ok(wanted.iter().map(find).collect())
    }
}
