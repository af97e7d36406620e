//! Ports of the wrong store with which nothing is wrong, and which the contracts of others need.

use async_trait::async_trait;
use dripr_core::{
    campaign::{Actor, AuditEntry},
    contact::{Contact, ExternalId, ExternalIdGiven},
    email::{EmailAddress, OptIn, Suppression, SuppressionCause},
    errors::PortResult,
    ids::{CampaignId, ContactId, ImportId, UserId},
    imports::{Import, ImportLine},
    mail_account::MailAccount,
    ports::{
        AddressSuppression, ContactAddition, ContactRemoval, ContactReplacement, ContactStore,
        ImportLineFilter, ImportStore, MailAccountStore,
    },
    schedule::Instant,
};

use super::wrong_store::Wrong;

#[async_trait]
impl ContactStore for Wrong {
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>> {
        self.store.contact(id).await
    }
    async fn contacts(
        &self,
        user: &UserId,
        after: Option<ContactId>,
        limit: usize,
    ) -> PortResult<Vec<Contact>> {
        self.store.contacts(user, after, limit).await
    }
    async fn agents_writing_to(&self, address: &EmailAddress) -> PortResult<Vec<UserId>> {
        self.store.agents_writing_to(address).await
    }
    async fn agents_writing_to_each(&self, addresses: &[EmailAddress]) -> PortResult<Vec<Vec<UserId>>> {
        self.store.agents_writing_to_each(addresses).await
    }
    async fn contact_at(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Contact>> {
        self.store.contact_at(user, address).await
    }
    async fn contact_with(&self, user: &UserId, id: &ExternalId) -> PortResult<Option<Contact>> {
        self.store.contact_with(user, id).await
    }
    async fn contacts_with(&self, user: &UserId, ids: &[ExternalId]) -> PortResult<Vec<Option<ContactId>>> {
        self.store.contacts_with(user, ids).await
    }
    async fn give_external_ids(
        &self,
        user: &UserId,
        ids: Vec<(EmailAddress, ExternalId)>,
        audit: AuditEntry,
    ) -> PortResult<Vec<ExternalIdGiven>> {
        self.store.give_external_ids(user, ids, audit).await
    }
    async fn contacts_at(
        &self,
        user: &UserId,
        addresses: &[EmailAddress],
    ) -> PortResult<Vec<Option<ContactId>>> {
        self.store.contacts_at(user, addresses).await
    }
    async fn add_contact(&self, contact: Contact, audit: AuditEntry) -> PortResult<ContactAddition> {
        self.store.add_contact(contact, audit).await
    }
    async fn remove_contact(
        &self,
        user: &UserId,
        id: &ContactId,
        audit: AuditEntry,
    ) -> PortResult<ContactRemoval> {
        self.store.remove_contact(user, id, audit).await
    }
    async fn replace(
        &self,
        known: &Contact,
        contact: Contact,
        audit: AuditEntry,
    ) -> PortResult<ContactReplacement> {
        ContactStore::replace(&self.store, known, contact, audit).await
    }
    async fn suppress_because(
        &self,
        suppression: Suppression,
        actor: Actor,
        why: String,
    ) -> PortResult<AddressSuppression> {
        self.store.suppress_because(suppression, actor, why).await
    }
    async fn lift(
        &self,
        user: &UserId,
        address: &EmailAddress,
        most: SuppressionCause,
        actor: Actor,
        at: Instant,
    ) -> PortResult<bool> {
        self.store.lift(user, address, most, actor, at).await
    }
    async fn take_back(
        &self,
        user: &UserId,
        address: &EmailAddress,
        opt_in: &OptIn,
        actor: Actor,
        at: Instant,
    ) -> PortResult<bool> {
        self.store.take_back(user, address, opt_in, actor, at).await
    }
    async fn suppressions(
        &self,
        user: &UserId,
        cause: Option<SuppressionCause>,
        after: Option<String>,
        limit: usize,
    ) -> PortResult<Vec<Suppression>> {
        self.store.suppressions(user, cause, after, limit).await
    }
    async fn suppression(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Suppression>> {
        self.store.suppression(user, address).await
    }
    async fn suppressed_among(
        &self,
        user: &UserId,
        addresses: &[EmailAddress],
    ) -> PortResult<Vec<Option<Suppression>>> {
        self.store.suppressed_among(user, addresses).await
    }
}

#[async_trait]
impl ImportStore for Wrong {
    async fn add_import(&self, import: Import) -> PortResult<()> {
        self.store.add_import(import).await
    }
    async fn import(&self, id: &ImportId) -> PortResult<Option<Import>> {
        self.store.import(id).await
    }
    async fn imports(
        &self,
        user: &UserId,
        before: Option<ImportId>,
        limit: usize,
    ) -> PortResult<Vec<Import>> {
        self.store.imports(user, before, limit).await
    }
    async fn imports_left_to_readers(
        &self,
        after: Option<ImportId>,
        limit: usize,
    ) -> PortResult<Vec<ImportId>> {
        self.store.imports_left_to_readers(after, limit).await
    }
    async fn put_import(
        &self,
        import: &Import,
        lines: Vec<ImportLine>,
        audit: Option<AuditEntry>,
    ) -> PortResult<bool> {
        self.store.put_import(import, lines, audit).await
    }
    async fn forget_imports(&self, made_by: Instant) -> PortResult<u64> {
        self.store.forget_imports(made_by).await
    }
    async fn forget_earlier_lines(&self, import: &ImportId) -> PortResult<u64> {
        self.store.forget_earlier_lines(import).await
    }
    async fn import_lines(
        &self,
        import: &ImportId,
        filter: ImportLineFilter,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<ImportLine>> {
        self.store.import_lines(import, filter, after, limit).await
    }
    async fn campaigns_like(
        &self,
        user: &UserId,
        wanted: &[(String, String)],
    ) -> PortResult<Vec<Option<CampaignId>>> {
        self.store.campaigns_like(user, wanted).await
    }
}

#[async_trait]
impl MailAccountStore for Wrong {
    async fn mail_account(&self, user: &UserId) -> PortResult<Option<MailAccount>> {
        self.store.mail_account(user).await
    }
    async fn put_mail_account(&self, account: MailAccount, audit: Option<AuditEntry>) -> PortResult<bool> {
        self.store.put_mail_account(account, audit).await
    }
    async fn remove_mail_account(&self, user: &UserId) -> PortResult<bool> {
        self.store.remove_mail_account(user).await
    }
}
