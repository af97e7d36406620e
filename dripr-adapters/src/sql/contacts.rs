//! The port for contacts and opt-outs.

use async_trait::async_trait;
use dripr_core::{
    campaign::{Actor, AuditEntry},
    contact::{Contact, ExternalId, ExternalIdGiven},
    email::{EmailAddress, OptIn, Suppression, SuppressionCause},
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, ContactId, UserId},
    ports::{AddressSuppression, ContactAddition, ContactRemoval, ContactReplacement, ContactStore},
    schedule::Instant,
};

use super::{
    SqlStore, blocks,
    connection::{Connection, On, Row, query},
    dossier::{row_place, suppression, to_json},
    error::{While, corrupt},
    execute::write_audit,
    external_ids,
    instant::{AT_ONCE, micros},
    suppressions::{known_suppression, lift, suppress},
    values::{Many, RowValues},
    webhooks::tell_contact::{tell_changed_contact, tell_removed_contact},
    writer::Transaction,
};

/// New contacts.
pub(super) const CONTACTS: Many = Many {
    before: "INSERT INTO contacts (id, user_id, address_key, created_at, deleted_at, state, external_id)",
    after: "",
    columns: 7,
};

pub(super) fn bind_contact<'q>(row: &mut RowValues<'q>, contact: &'q Contact, state: &'q str) {
    row.bind(contact.id.as_str())
        .bind(contact.user_id.as_str())
        .bind(contact.email.key())
        .bind(micros(contact.created_at))
        .bind(contact.deleted_at.map(micros))
        .bind(state)
        .bind(external_ids::column(contact));
}

#[async_trait]
impl ContactStore for SqlStore {
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>> {
        let doing = "reading a contact";
        let sql = "SELECT id, state, external_id FROM contacts WHERE id = ?1";
        let row = query(sql).bind(id.as_str()).fetch_optional(&self.shared.reads).await.doing(doing)?;
        row.map(|row| external_ids::contact(&row, 0, doing)).transpose()
    }

    async fn contacts(
        &self,
        user: &UserId,
        after: Option<ContactId>,
        limit: usize,
    ) -> PortResult<Vec<Contact>> {
        let doing = "reading contacts";
        let sql = "SELECT id, state, external_id FROM contacts WHERE user_id = ?1 AND id > ?2 AND deleted_at IS NULL \
                   ORDER BY id LIMIT ?3";
        let rows = query(sql)
            .bind(user.as_str())
            // No id is empty, so that all are greater than that.
            .bind(after.as_ref().map_or("", ContactId::as_str))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.shared.reads)
            .await
            .doing(doing)?;
        rows.iter().map(|row| external_ids::contact(row, 0, doing)).collect()
    }

    async fn agents_writing_to(&self, address: &EmailAddress) -> PortResult<Vec<UserId>> {
        let doing = "looking for the agents who write to an address";
        let sql = "SELECT DISTINCT user_id FROM contacts WHERE address_key = ?1 AND deleted_at IS NULL ORDER BY user_id";
        let rows = query(sql).bind(address.key()).fetch_all(&self.shared.reads).await.doing(doing)?;
        let read = |row: &Row| {
            let id: &str = row.try_get(0).doing(doing)?;
            UserId::new(id).map_err(|error| corrupt("contacts", "user_id", id, error))
        };
        rows.iter().map(read).collect()
    }

    async fn agents_writing_to_each(&self, addresses: &[EmailAddress]) -> PortResult<Vec<Vec<UserId>>> {
        let mut agents = vec![Vec::new(); addresses.len()];
        if addresses.is_empty() {
            return Ok(agents);
        }
        let doing = "looking for the agents who write to addresses";
        let keys: Vec<String> = addresses.iter().map(EmailAddress::key).collect();
        let query = query(WRITING_TO_EACH).bind(to_json(&keys)?);
        for row in &query.fetch_all(&self.shared.reads).await.doing(doing)? {
            let Some(at) = row_place(row.try_get(0).doing(doing)?) else { continue };
            let Some(of_address) = agents.get_mut(at) else { continue };
            let id: &str = row.try_get(1).doing(doing)?;
            of_address.push(UserId::new(id).map_err(|error| corrupt("contacts", "user_id", id, error))?);
        }
        for of_address in &mut agents {
            of_address.sort_unstable();
        }
        Ok(agents)
    }

    async fn contact_at(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Contact>> {
        known_contact(&self.shared.reads, user, &address.key()).await
    }

    async fn contacts_at(
        &self,
        user: &UserId,
        addresses: &[EmailAddress],
    ) -> PortResult<Vec<Option<ContactId>>> {
        let doing = "looking for contacts by address";
        let keys: Vec<String> = addresses.iter().map(EmailAddress::key).collect();
        let sql = "SELECT wanted.nr, c.id FROM @list(?1: address_key text) AS wanted CROSS JOIN contacts AS c \
                   ON c.user_id = ?2 AND c.address_key = wanted.address_key AND c.deleted_at IS NULL";
        let query = query(sql).bind(to_json(&keys)?).bind(user.as_str());
        let mut found = vec![None; addresses.len()];
        for row in &query.fetch_all(&self.shared.reads).await.doing(doing)? {
            let Some(at) = row_place(row.try_get(0).doing(doing)?) else { continue };
            let Some(slot) = found.get_mut(at) else { continue };
            let id: &str = row.try_get(1).doing(doing)?;
            *slot = Some(ContactId::new(id).map_err(|error| corrupt("contacts", "id", id, error))?);
        }
        Ok(found)
    }

    async fn contact_with(&self, user: &UserId, id: &ExternalId) -> PortResult<Option<Contact>> {
        external_ids::contact_with(&self.shared.reads, user, id).await
    }

    async fn contacts_with(&self, user: &UserId, ids: &[ExternalId]) -> PortResult<Vec<Option<ContactId>>> {
        external_ids::contacts_with(&self.shared.reads, user, ids).await
    }

    async fn give_external_ids(
        &self,
        user: &UserId,
        ids: Vec<(EmailAddress, ExternalId)>,
        audit: AuditEntry,
    ) -> PortResult<Vec<ExternalIdGiven>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let user = user.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let (user, ids, audit) = (user.clone(), ids.clone(), audit.clone());
                Box::pin(async move { external_ids::give(transaction.connection, &user, &ids, &audit).await })
            })
            .await
    }

    async fn add_contact(&self, contact: Contact, audit: AuditEntry) -> PortResult<ContactAddition> {
        self.shared
            .writer
            .call(move |transaction| {
                let (contact, audit) = (contact.clone(), audit.clone());
                Box::pin(async move { add(transaction.connection, &contact, &audit).await })
            })
            .await
    }

    async fn remove_contact(
        &self,
        user: &UserId,
        id: &ContactId,
        audit: AuditEntry,
    ) -> PortResult<ContactRemoval> {
        let (user, id) = (user.clone(), id.clone());
        self.shared
            .writer
            .call(move |transaction| {
                let (user, id, audit) = (user.clone(), id.clone(), audit.clone());
                Box::pin(async move { remove(transaction, &user, &id, &audit).await })
            })
            .await
    }

    async fn replace(
        &self,
        known: &Contact,
        contact: Contact,
        audit: AuditEntry,
    ) -> PortResult<ContactReplacement> {
        let known = known.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let (known, contact, audit) = (known.clone(), contact.clone(), audit.clone());
                Box::pin(async move { replace(transaction, &known, &contact, &audit).await })
            })
            .await
    }

    async fn suppress_because(
        &self,
        suppression: Suppression,
        actor: Actor,
        why: String,
    ) -> PortResult<AddressSuppression> {
        self.shared
            .writer
            .call(move |transaction| {
                let (suppression, actor, why) = (suppression.clone(), actor.clone(), why.clone());
                Box::pin(async move { suppress(transaction, &suppression, actor, why).await })
            })
            .await
    }

    async fn lift(
        &self,
        user: &UserId,
        address: &EmailAddress,
        most: SuppressionCause,
        actor: Actor,
        at: Instant,
    ) -> PortResult<bool> {
        let (user, key) = (user.clone(), address.key());
        self.shared
            .writer
            .call(move |transaction| {
                let (user, key, actor) = (user.clone(), key.clone(), actor.clone());
                Box::pin(async move {
                    let is_lifted = |known: &Suppression| known.cause <= most;
                    lift(transaction, &user, &key, &is_lifted, actor, at).await
                })
            })
            .await
    }

    async fn take_back(
        &self,
        user: &UserId,
        address: &EmailAddress,
        opt_in: &OptIn,
        actor: Actor,
        at: Instant,
    ) -> PortResult<bool> {
        let (user, key, opt_in) = (user.clone(), address.key(), opt_in.clone());
        self.shared
            .writer
            .call(move |transaction| {
                let (user, key, actor) = (user.clone(), key.clone(), actor.clone());
                let opt_in = opt_in.clone();
                Box::pin(async move {
                    let is_lifted = |known: &Suppression| opt_in.takes_back(known);
                    lift(transaction, &user, &key, &is_lifted, actor, at).await
                })
            })
            .await
    }

    async fn suppressions(
        &self,
        user: &UserId,
        cause: Option<SuppressionCause>,
        after: Option<String>,
        limit: usize,
    ) -> PortResult<Vec<Suppression>> {
        let doing = "reading opt-outs";
        let of_cause = if cause.is_some() { " AND cause = ?3" } else { "" };
        let sql = format!(
            "SELECT state, cause FROM suppressions WHERE user_id = ?1 AND address_key > ?2{of_cause} \
             ORDER BY address_key LIMIT ?4"
        );
        let rows = query(sql)
            .bind(user.as_str())
            .bind(after.unwrap_or_default())
            .bind(cause.map(SuppressionCause::as_str))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.shared.reads)
            .await
            .doing(doing)?;
        let read = |row: &Row| suppression(row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?);
        rows.iter().map(read).collect()
    }

    async fn suppression(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Suppression>> {
        known_suppression(&self.shared.reads, user, &address.key()).await
    }

    async fn suppressed_among(
        &self,
        user: &UserId,
        addresses: &[EmailAddress],
    ) -> PortResult<Vec<Option<Suppression>>> {
        let mut known = vec![None; addresses.len()];
        if addresses.is_empty() {
            return Ok(known);
        }
        let doing = "reading opt-outs";
        let keys: Vec<String> = addresses.iter().map(EmailAddress::key).collect();
        let sql = "SELECT wanted.nr, s.state, s.cause FROM @list(?1: address_key text) AS wanted \
                   CROSS JOIN suppressions AS s ON s.user_id = ?2 AND s.address_key = wanted.address_key";
        let query = query(sql).bind(to_json(&keys)?).bind(user.as_str());
        for row in &query.fetch_all(&self.shared.reads).await.doing(doing)? {
            let at: i64 = row.try_get(0).doing(doing)?;
            if let Some(slot) = row_place(at).and_then(|at| known.get_mut(at)) {
                *slot = Some(suppression(row.try_get(1).doing(doing)?, row.try_get(2).doing(doing)?)?);
            }
        }
        Ok(known)
    }
}

pub(super) async fn known_contact<'c>(
    on: impl Into<On<'c>>,
    user: &UserId,
    key: &str,
) -> PortResult<Option<Contact>> {
    let doing = "looking for a contact by address";
    let sql = "SELECT id, state, external_id FROM contacts WHERE user_id = ?1 AND address_key = ?2 AND deleted_at IS NULL";
    let row = query(sql).bind(user.as_str()).bind(key).fetch_optional(on).await.doing(doing)?;
    row.map(|row| external_ids::contact(&row, 0, doing)).transpose()
}

async fn add(
    connection: &mut Connection,
    contact: &Contact,
    audit: &AuditEntry,
) -> PortResult<ContactAddition> {
    let (doing, key, state) = ("storing a contact", contact.email.key(), to_json(contact)?);
    // Two of one address at the same time come one after the other.
    if !in_turn(connection, &contact.user_id).await? {
        return Ok(ContactAddition::NoAgent);
    }
    if let Some(known) = known_contact(&mut *connection, &contact.user_id, &key).await? {
        return Ok(ContactAddition::Exists(known.id));
    }
    if let Some(holder) = external_ids::other_holder(connection, contact).await? {
        return Ok(ContactAddition::ExternalIdTaken(holder));
    }
    let taken = query("SELECT 1 FROM contacts WHERE id = ?1").bind(contact.id.as_str());
    if taken.fetch_optional(&mut *connection).await.doing(doing)?.is_some() {
        let message = format!("contact_id {} is taken", contact.id);
        return Err(PortError::new(Fault::Invalid, message));
    }
    let new = [(contact, state)];
    CONTACTS
        .execute(&mut *connection, &new, |row, (contact, state)| bind_contact(row, contact, state))
        .await
        .doing(doing)?;
    note(connection, &contact.user_id, &key, audit).await?;
    Ok(ContactAddition::Added)
}

async fn remove(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    id: &ContactId,
    audit: &AuditEntry,
) -> PortResult<ContactRemoval> {
    let connection = &mut *transaction.connection;
    in_turn(connection, user).await?;
    let doing = "removing a contact";
    let sql = "SELECT id, state, external_id FROM contacts WHERE id = ?1 AND user_id = ?2 AND deleted_at IS NULL@locked";
    let row = query(sql)
        .bind(id.as_str())
        .bind(user.as_str())
        .fetch_optional(&mut *connection)
        .await
        .doing(doing)?;
    let Some(row) = row else { return Ok(ContactRemoval::NotThere) };
    let mut contact = external_ids::contact(&row, 0, doing)?;
    let key = contact.email.key();
    let campaigns = query(
        "SELECT id FROM campaigns WHERE user_id = ?1 AND address_key = ?2 AND contact_id = ?3 AND deleted_at IS NULL",
    );
    let campaigns = campaigns.bind(user.as_str()).bind(key.as_str()).bind(id.as_str());
    if !campaigns.fetch_all(&mut *connection).await.doing(doing)?.is_empty() {
        return Ok(ContactRemoval::HasCampaigns);
    }
    contact.deleted_at = Some(audit.at);
    query("UPDATE contacts SET deleted_at = ?2, state = ?3, external_id = ?4 WHERE id = ?1")
        .bind(id.as_str())
        .bind(micros(audit.at))
        .bind(to_json(&contact)?)
        .bind(external_ids::column(&contact))
        .execute(&mut *connection)
        .await
        .doing(doing)?;
    note(connection, user, &key, audit).await?;
    tell_removed_contact(transaction, &contact, audit.at).await?;
    Ok(ContactRemoval::Removed)
}

async fn replace(
    transaction: &mut Transaction<'_>,
    known: &Contact,
    contact: &Contact,
    audit: &AuditEntry,
) -> PortResult<ContactReplacement> {
    if contact.id != known.id || contact.user_id != known.user_id {
        return Ok(ContactReplacement::Changed);
    }
    let connection = &mut *transaction.connection;
    in_turn(connection, &contact.user_id).await?;
    let doing = "storing a contact";
    let (old_key, key, user) = (known.email.key(), contact.email.key(), contact.user_id.as_str());
    let sql = "SELECT id, state, external_id, EXISTS (SELECT 1 FROM contacts WHERE user_id = ?2 AND address_key = ?3 \
               AND id <> ?1 AND deleted_at IS NULL) FROM contacts WHERE id = ?1 AND user_id = ?2@locked";
    let row = query(sql)
        .bind(contact.id.as_str())
        .bind(user)
        .bind(key.as_str())
        .fetch_optional(&mut *connection)
        .await
        .doing(doing)?;
    let Some(row) = row else { return Ok(ContactReplacement::Changed) };
    let stored = external_ids::contact(&row, 0, doing)?;
    let taken: bool = row.try_get(3).doing(doing)?;
    if stored != *known {
        return Ok(ContactReplacement::Changed);
    }
    if taken {
        return Ok(ContactReplacement::AddressTaken);
    }
    if let Some(holder) = external_ids::other_holder(connection, contact).await? {
        return Ok(ContactReplacement::ExternalIdTaken(holder));
    }
    // Who opted out or complained is not to be reached at another address instead.
    let suppression = known_suppression(&mut *connection, &contact.user_id, &old_key).await?;
    if old_key != key && suppression.is_some_and(|known| known.cause > SuppressionCause::HardBounce) {
        return Ok(ContactReplacement::OptedOut);
    }
    if old_key != key && blocks::known(&mut *connection, &old_key).await?.is_some() {
        return Ok(ContactReplacement::Blocked);
    }
    query(
        "UPDATE contacts SET address_key = ?2, deleted_at = ?3, state = ?4, external_id = ?5 WHERE id = ?1",
    )
    .bind(contact.id.as_str())
    .bind(key.as_str())
    .bind(contact.deleted_at.map(micros))
    .bind(to_json(contact)?)
    .bind(external_ids::column(contact))
    .execute(&mut *connection)
    .await
    .doing(doing)?;
    // Removed campaigns move along: their last sending counts for the person, whatever the address.
    query(
        "UPDATE campaigns SET address_key = ?1, due_at = CASE WHEN deleted_at IS NULL THEN ?2 ELSE due_at END \
         WHERE user_id = ?3 AND address_key = ?4 AND contact_id = ?5",
    )
    .bind(key.as_str())
    .bind(AT_ONCE)
    .bind(user)
    .bind(old_key)
    .bind(contact.id.as_str())
    .execute(&mut *connection)
    .await
    .doing(doing)?;
    note(connection, &contact.user_id, &key, audit).await?;
    tell_changed_contact(transaction, known, contact, audit.at).await?;
    Ok(ContactReplacement::Replaced)
}

/// Opt-outs of one agent come one after the other: the more final one must not be overwritten by one that did not see it.
/// Whether there is such an agent.
pub(super) async fn in_turn(connection: &mut Connection, user: &UserId) -> PortResult<bool> {
    let sql = "SELECT id FROM users WHERE id = ?1@locked";
    let row = query(sql).bind(user.as_str()).fetch_optional(connection);
    Ok(row.await.doing("waiting for an agent's turn")?.is_some())
}

/// Who writes to some addresses; an agent has one contact of an address at most.
const WRITING_TO_EACH: &str = "SELECT wanted.nr, c.user_id FROM @list(?1: address_key text) AS wanted CROSS JOIN contacts AS c \
                               ON c.address_key = wanted.address_key AND c.deleted_at IS NULL";

/// An agent's campaigns to an address. In no order: for one by id SQLite would read all that the agent has.
const TO_ADDRESS: &str = "SELECT id FROM campaigns WHERE user_id = ?1 AND address_key = ?2";

/// An audit row for each of an agent's campaigns to an address, or one without a campaign where there is none.
pub(super) async fn note(
    connection: &mut Connection,
    user: &UserId,
    key: &str,
    entry: &AuditEntry,
) -> PortResult<()> {
    let doing = "storing audit rows";
    let query = query(TO_ADDRESS).bind(user.as_str()).bind(key);
    let mut ids = Vec::new();
    for row in &query.fetch_all(&mut *connection).await.doing(doing)? {
        let id: &str = row.try_get(0).doing(doing)?;
        ids.push(CampaignId::new(id).map_err(|error| corrupt("campaigns", "id", id, error))?);
    }
    ids.sort_unstable();
    let mut rows = Vec::with_capacity(ids.len().max(1));
    for id in ids {
        rows.push((Some(id), user, entry, to_json(entry)?));
    }
    if rows.is_empty() {
        rows.push((None, user, entry, to_json(entry)?));
    }
    write_audit(connection, &rows).await
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::sql::SqliteOptions;

    #[tokio::test]
    async fn campaigns_to_an_address_are_a_range_of_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let rows =
            query(format!("EXPLAIN QUERY PLAN {TO_ADDRESS}")).fetch_all(&store.shared.reads).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
        assert!(plan.iter().all(|line| line.contains("(user_id=? AND address_key=?")), "{plan:?}");
    }

    #[tokio::test]
    async fn who_writes_to_addresses_is_looked_up_in_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let explain = query(format!("EXPLAIN QUERY PLAN {WRITING_TO_EACH}")).bind(r#"["kim@home.example"]"#);
        let rows = explain.fetch_all(&store.shared.reads).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
        assert!(plan.iter().any(|line| line.contains("contacts_of_an_address")), "{plan:?}");
    }
}
