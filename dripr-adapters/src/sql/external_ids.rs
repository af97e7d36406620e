//! What contacts are called in the CRMs of their agents.

use dripr_core::{
    campaign::AuditEntry,
    contact::{Contact, ExternalId, ExternalIdGiven, Giving},
    email::EmailAddress,
    errors::PortResult,
    ids::{ContactId, UserId},
};

use super::{
    connection::{Connection, On, query},
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
const WITH: &str =
    "SELECT id, state FROM contacts WHERE user_id = ?1 AND external_id = ?2 AND deleted_at IS NULL";

/// An agent's contacts with some external ids.
const WITH_EACH: &str = "SELECT wanted.nr, c.id FROM @list(?1: external_id text) AS wanted CROSS JOIN contacts AS c \
                         ON c.user_id = ?2 AND c.external_id = wanted.external_id AND c.deleted_at IS NULL";

/// An agent's contacts of some addresses, locked in one order by everybody.
const LOCKED: &str = "SELECT c.id, c.state FROM @list(?1: address_key text) AS wanted CROSS JOIN contacts AS c \
                      ON c.user_id = ?2 AND c.address_key = wanted.address_key AND c.deleted_at IS NULL \
                      ORDER BY c.id@locked(c)";

pub(super) async fn contact_with<'c>(
    on: impl Into<On<'c>>,
    user: &UserId,
    id: &ExternalId,
) -> PortResult<Option<Contact>> {
    let row = query(WITH).bind(user.as_str()).bind(id.as_str()).fetch_optional(on).await.doing(LOOKING)?;
    row.map(|row| {
        let id: &str = row.try_get(0).doing(LOOKING)?;
        json(row.try_get(1).doing(LOOKING)?, "contacts", "state", id)
    })
    .transpose()
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
        let id: &str = row.try_get(0).doing(GIVING)?;
        giving.to(json(row.try_get(1).doing(GIVING)?, "contacts", "state", id)?);
    }
    let outcomes = giving.give(ids);
    let given = giving.given();
    let rows =
        given.iter().map(|contact| Ok((contact, to_json(contact)?))).collect::<PortResult<Vec<_>>>()?;
    FILL.execute(connection, &rows, |row, (contact, state)| {
        row.bind(contact.id.as_str())
            .bind(contact.external_id.as_ref().map(ExternalId::as_str))
            .bind(state.as_str());
    })
    .await
    .doing(GIVING)?;
    let entries: Vec<AuditEntry> =
        given.iter().map(|contact| audit.clone().about(contact.id.clone())).collect();
    let rows = entries.iter().map(|entry| Ok((None, user, entry, to_json(entry)?)));
    write_audit(connection, &rows.collect::<PortResult<Vec<_>>>()?).await?;
    Ok(outcomes)
}

/// Gives a contact that a campaign is stored for its external id. How it is now, if it had none.
pub(super) async fn fill(
    connection: &mut Connection,
    user: &UserId,
    contact: &ContactId,
    id: &ExternalId,
) -> PortResult<Option<Contact>> {
    in_turn(connection, user).await?;
    let sql = "SELECT state FROM contacts WHERE id = ?1@locked";
    let row = query(sql).bind(contact.as_str()).fetch_optional(&mut *connection).await.doing(GIVING)?;
    let Some(row) = row else { return Ok(None) };
    let mut known: Contact = json(row.try_get(0).doing(GIVING)?, "contacts", "state", contact.as_str())?;
    if !known.fill_external_id(id) {
        return Ok(None);
    }
    query("UPDATE contacts SET external_id = ?2, state = ?3 WHERE id = ?1")
        .bind(contact.as_str())
        .bind(id.as_str())
        .bind(to_json(&known)?)
        .execute(connection)
        .await
        .doing(GIVING)?;
    Ok(Some(known))
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
