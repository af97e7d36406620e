//! A person in what is told: found, and taken out.

use std::collections::BTreeMap;

use dripr_core::{
    contact::Contact,
    email::EmailAddress,
    errors::PortResult,
    ids::{CampaignId, ContactId, UserId},
    webhooks::Message,
};

use crate::sql::{
    SqlStore,
    connection::{Connection, Row, query},
    dossier::{id_list, json, to_json},
    error::While,
};

const DOING: &str = "reading what is told of a person";
const ERASING: &str = "erasing what is told of a person";

/// What is told of an address, of contacts and of campaigns. What is told of more than one of them comes more than once.
const OF_PERSON: &str = "SELECT id, state FROM webhook_messages WHERE user_id = ?1 AND address_key = ?2 \
    UNION ALL SELECT m.id, m.state FROM @list(?3: id text) AS contact \
    CROSS JOIN webhook_messages AS m ON m.contact_id = contact.id \
    UNION ALL SELECT m.id, m.state FROM @list(?4: id text) AS campaign \
    CROSS JOIN webhook_messages AS m ON m.campaign_id = campaign.id";

impl SqlStore {
    /// What is told of a person, the oldest first: of their address, and of their contacts and campaigns, whatever the address was
    /// then.
    pub(in crate::sql) async fn messages_of_person(
        &self,
        user: &UserId,
        address: &EmailAddress,
        contacts: &[Contact],
        campaigns: &[CampaignId],
    ) -> PortResult<Vec<Message>> {
        let query = query(OF_PERSON)
            .bind(user.as_str())
            .bind(address.key())
            .bind(id_list(contacts.iter().map(|contact| contact.id.as_str())))
            .bind(id_list(campaigns.iter().map(CampaignId::as_str)));
        let rows = query.fetch_all(&self.shared.reads).await.doing(DOING)?;
        let mut oldest_first = BTreeMap::new();
        for row in &rows {
            let message = message(row)?;
            oldest_first.insert((message.at, message.id.clone()), message);
        }
        Ok(oldest_first.into_values().collect())
    }
}

/// Takes a person out of what is told of a campaign, at whatever address they were.
pub(in crate::sql) async fn erase_messages_of(
    connection: &mut Connection,
    campaign: &CampaignId,
) -> PortResult<()> {
    let sql = "SELECT id, state FROM webhook_messages WHERE campaign_id = ?1 ORDER BY id@locked";
    let rows = query(sql).bind(campaign.as_str()).fetch_all(&mut *connection).await.doing(ERASING)?;
    erase(connection, &rows).await
}

/// Takes a person out of what is told of a contact, at whatever address they were.
pub(in crate::sql) async fn erase_messages_about(
    connection: &mut Connection,
    contact: &ContactId,
) -> PortResult<()> {
    let sql = "SELECT id, state FROM webhook_messages WHERE contact_id = ?1 ORDER BY id@locked";
    let rows = query(sql).bind(contact.as_str()).fetch_all(&mut *connection).await.doing(ERASING)?;
    erase(connection, &rows).await
}

/// Takes a person out of what is told of an address.
pub(in crate::sql) async fn erase_messages_to(
    connection: &mut Connection,
    user: &UserId,
    key: &str,
) -> PortResult<()> {
    let sql =
        "SELECT id, state FROM webhook_messages WHERE user_id = ?1 AND address_key = ?2 ORDER BY id@locked";
    let query = query(sql).bind(user.as_str()).bind(key);
    let rows = query.fetch_all(&mut *connection).await.doing(ERASING)?;
    erase(connection, &rows).await
}

async fn erase(connection: &mut Connection, rows: &[Row]) -> PortResult<()> {
    for row in rows {
        let erased = message(row)?.erased();
        query("UPDATE webhook_messages SET address_key = ?2, state = ?3 WHERE id = ?1")
            .bind(erased.id.as_str())
            .bind(None::<&str>)
            .bind(to_json(&erased)?)
            .execute(&mut *connection)
            .await
            .doing(ERASING)?;
    }
    Ok(())
}

fn message(row: &Row) -> PortResult<Message> {
    let id: &str = row.try_get(0).doing(DOING)?;
    json(row.try_get(1).doing(DOING)?, "webhook_messages", "state", id)
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::sql::SqliteOptions;

    #[tokio::test]
    async fn what_is_told_of_a_person_is_looked_up_in_indexes() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let explain = query(format!("EXPLAIN QUERY PLAN {OF_PERSON}"));
        let explain = explain.bind("ana").bind("kim@home.example").bind(r#"["k"]"#).bind(r#"["c"]"#);
        let rows = explain.fetch_all(&store.shared.reads).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
        for index in ["address", "contact", "campaign"] {
            let index = format!("USING INDEX webhook_messages_by_{index} (");
            let searches = |line: &&String| line.starts_with("SEARCH") && line.contains(&index);
            assert_eq!(plan.iter().filter(searches).count(), 1, "{index}: {plan:?}");
        }
    }
}
