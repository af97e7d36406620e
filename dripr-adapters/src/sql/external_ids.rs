//! What contacts are called in the CRMs of their agents.
//!
//! A living contact's external id is what its column says, which must be unique and is looked up by: while processes are replaced one
//! by one, a program of before there was one may write a contact's state without it. That of a removed one is in its state alone.

use dripr_core::{
    campaign::AuditEntry,
    contact::{Contact, ExternalId, ExternalIdGiven, Giving},
    email::EmailAddress,
    errors::PortResult,
    ids::{ContactId, UserId},
};

use super::{
    connection::{Connection, Dialect, On, Row, query},
    contacts::in_turn,
    dossier::{json, row_place, to_json},
    error::{While, corrupt},
    execute::write_audit,
    values::Change,
};

const LOOKING: &str = "looking for contacts by external id";
const GIVING: &str = "giving contacts external ids";

const FILL: Change = Change { table: "contacts", key: "id", columns: &[&["external_id", "state"]] };

/// An agent's contact with an external id.
const WITH: &str = "SELECT id, state, external_id FROM contacts WHERE user_id = ?1 AND external_id = ?2 AND deleted_at IS NULL";

/// An agent's contacts with some external ids.
const WITH_EACH: &str = "SELECT wanted.nr, c.id FROM @list(?1: external_id text) AS wanted CROSS JOIN contacts AS c \
                         ON c.user_id = ?2 AND c.external_id = wanted.external_id AND c.deleted_at IS NULL";

/// An agent's contacts of some addresses, locked in one order by everybody.
const LOCKED: &str = "SELECT c.id, c.state, c.external_id FROM @list(?1: address_key text) AS wanted CROSS JOIN contacts AS c \
                      ON c.user_id = ?2 AND c.address_key = wanted.address_key AND c.deleted_at IS NULL \
                      ORDER BY c.id@locked(c)";

/// A contact's external id, as its column has it.
pub(super) fn column(contact: &Contact) -> Option<&str> {
    contact.external_id.as_ref().filter(|_| contact.deleted_at.is_none()).map(ExternalId::as_str)
}

/// The contact in three columns of a row, of which the first is counted from 0: its id, its state and its external id.
pub(super) fn contact(row: &Row, first: usize, doing: &str) -> PortResult<Contact> {
    let (id, state): (&str, &str) = (row.try_get(first).doing(doing)?, row.try_get(first + 1).doing(doing)?);
    with_column(id, state, row.try_get(first + 2).doing(doing)?)
}

/// The contact that is stored with a state, and with what its column says.
pub(super) fn with_column(id: &str, state: &str, column: Option<&str>) -> PortResult<Contact> {
    let mut contact: Contact = json(state, "contacts", "state", id)?;
    if contact.deleted_at.is_none() {
        let read = |text| {
            ExternalId::from_stored(text).map_err(|error| corrupt("contacts", "external_id", id, error))
        };
        contact.external_id = column.map(read).transpose()?;
    }
    Ok(contact)
}

/// Takes external ids away that a program of before left in the column, with a contact that it removed or erased. There are few, and
/// an index of them.
pub(super) async fn take_away_left(connection: &mut Connection) -> PortResult<()> {
    let left = match connection.dialect() {
        #[cfg(feature = "mysql")]
        Dialect::MySql => "left_external_id IS NOT NULL",
        #[cfg(any(feature = "sqlite", feature = "postgres"))]
        _ => "deleted_at IS NOT NULL AND external_id IS NOT NULL",
    };
    let doing = "taking external ids of removed contacts away";
    // Where there are none, nothing is written: a disk that is full or read-only keeps nobody from starting.
    let looking = query(format!("SELECT id FROM contacts WHERE {left} LIMIT 1"));
    if looking.fetch_optional(&mut *connection).await.doing(doing)?.is_some() {
        let taking = query(format!("UPDATE contacts SET external_id = NULL WHERE {left}"));
        taking.execute(connection).await.doing(doing)?;
    }
    Ok(())
}

pub(super) async fn contact_with<'c>(
    on: impl Into<On<'c>>,
    user: &UserId,
    id: &ExternalId,
) -> PortResult<Option<Contact>> {
    let row = query(WITH).bind(user.as_str()).bind(id.as_str()).fetch_optional(on).await.doing(LOOKING)?;
    row.map(|row| contact(&row, 0, LOOKING)).transpose()
}

pub(super) async fn contacts_with<'c>(
    on: impl Into<On<'c>>,
    user: &UserId,
    ids: &[ExternalId],
) -> PortResult<Vec<Option<ContactId>>> {
    let mut found = vec![None; ids.len()];
    if ids.is_empty() {
        return Ok(found);
    }
    let query = query(WITH_EACH).bind(to_json(&ids)?).bind(user.as_str());
    for row in &query.fetch_all(on).await.doing(LOOKING)? {
        let Some(at) = row_place(row.try_get(0).doing(LOOKING)?) else { continue };
        let Some(slot) = found.get_mut(at) else { continue };
        let id: &str = row.try_get(1).doing(LOOKING)?;
        *slot = Some(ContactId::new(id).map_err(|error| corrupt("contacts", "id", id, error))?);
    }
    Ok(found)
}

/// Another contact that has a contact's external id.
pub(super) async fn other_holder(
    connection: &mut Connection,
    contact: &Contact,
) -> PortResult<Option<ContactId>> {
    let Some(id) = &contact.external_id else { return Ok(None) };
    let holder = contact_with(connection, &contact.user_id, id).await?;
    Ok(holder.map(|holder| holder.id).filter(|holder| *holder != contact.id))
}

/// Gives external ids to contacts of some addresses.
pub(super) async fn give(
    connection: &mut Connection,
    user: &UserId,
    ids: &[(EmailAddress, ExternalId)],
    audit: &AuditEntry,
) -> PortResult<Vec<ExternalIdGiven>> {
    // Two that are to have the same come one after the other.
    in_turn(connection, user).await?;
    let mut giving = Giving::default();
    let wanted: Vec<ExternalId> = ids.iter().map(|(_, id)| id.clone()).collect();
    let holders = contacts_with(&mut *connection, user, &wanted).await?;
    for (id, holder) in wanted.into_iter().zip(holders) {
        if let Some(holder) = holder {
            giving.held(id, holder);
        }
    }
    let keys: Vec<String> = ids.iter().map(|(address, _)| address.key()).collect();
    let query = query(LOCKED).bind(to_json(&keys)?).bind(user.as_str());
    for row in &query.fetch_all(&mut *connection).await.doing(GIVING)? {
        giving.to(contact(row, 0, GIVING)?);
    }
    let outcomes = giving.give(ids);
    let given = giving.given();
    let rows =
        given.iter().map(|contact| Ok((contact, to_json(contact)?))).collect::<PortResult<Vec<_>>>()?;
    FILL.execute(connection, &rows, |row, (contact, state)| {
        row.bind(contact.id.as_str()).bind(column(contact)).bind(state.as_str());
    })
    .await
    .doing(GIVING)?;
    let entries: Vec<AuditEntry> =
        given.iter().map(|contact| audit.clone().about(contact.id.clone())).collect();
    let rows = entries.iter().map(|entry| Ok((None, user, entry, to_json(entry)?)));
    write_audit(connection, &rows.collect::<PortResult<Vec<_>>>()?).await?;
    Ok(outcomes)
}

/// Gives a contact that a campaign is stored for its external id, if it has none: how it is now, and whether it was given that.
pub(super) async fn fill(
    connection: &mut Connection,
    user: &UserId,
    filled: &ContactId,
    id: &ExternalId,
) -> PortResult<Option<(Contact, bool)>> {
    in_turn(connection, user).await?;
    let sql = "SELECT id, state, external_id FROM contacts WHERE id = ?1@locked";
    let row = query(sql).bind(filled.as_str()).fetch_optional(&mut *connection).await.doing(GIVING)?;
    let Some(row) = row else { return Ok(None) };
    let mut known = contact(&row, 0, GIVING)?;
    if !known.fill_external_id(id) {
        return Ok(Some((known, false)));
    }
    query("UPDATE contacts SET external_id = ?2, state = ?3 WHERE id = ?1")
        .bind(filled.as_str())
        .bind(column(&known))
        .bind(to_json(&known)?)
        .execute(connection)
        .await
        .doing(GIVING)?;
    Ok(Some((known, true)))
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::sql::{SqlStore, SqliteOptions};

    #[tokio::test]
    async fn contacts_are_looked_up_by_external_id_in_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        for (sql, first) in [(WITH, "ana"), (WITH_EACH, r#"["7"]"#)] {
            let explain = query(format!("EXPLAIN QUERY PLAN {sql}")).bind(first).bind("7");
            let rows = explain.fetch_all(&store.shared.reads).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
            let by_index = "contacts_one_per_external_id (user_id=? AND external_id=?)";
            assert!(plan.iter().any(|line| line.contains(by_index)), "{sql}: {plan:?}");
        }
    }
}
