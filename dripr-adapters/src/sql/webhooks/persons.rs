//! A person in what is told: found, and taken out.

use dripr_core::{
    email::EmailAddress,
    errors::PortResult,
    ids::{CampaignId, ContactId, UserId},
    webhooks::Message,
};

use crate::sql::{
    SqlStore,
    connection::{Connection, Row, query},
    dossier::{json, to_json},
    error::While,
};

const DOING: &str = "reading what is told of a person";
const ERASING: &str = "erasing what is told of a person";

impl SqlStore {
    /// What is told of an address, the oldest first.
    pub(in crate::sql) async fn messages_to(
        &self,
        user: &UserId,
        address: &EmailAddress,
    ) -> PortResult<Vec<Message>> {
        let sql =
            "SELECT id, state FROM webhook_messages WHERE user_id = ?1 AND address_key = ?2 ORDER BY at, id";
        let query = query(sql).bind(user.as_str()).bind(address.key());
        let rows = query.fetch_all(&self.shared.reads).await.doing(DOING)?;
        rows.iter().map(message).collect()
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
