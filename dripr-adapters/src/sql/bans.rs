//! What banned agents made before a ban ended that, or while a program of before was told of the ban.

use dripr_core::{
    access::Retreat,
    errors::{Fault, PortResult},
    ids::UserId,
    webhooks::OffBecause,
};

use super::{
    agents, api_keys,
    connection::{Connection, query},
    error::While,
    webhooks,
    writer::Writer,
};

/// Banned agents who made a key that works, or a webhook that is on. Keys and webhooks are looked at, which are few, and who made
/// each; no other agent is. A webhook that a ban switched off before is on because somebody wanted it to be.
const LEFT: &str = "SELECT u.id FROM api_keys AS k CROSS JOIN users AS u ON u.id = substr(k.made_by, 6) \
     WHERE k.made_by LIKE 'user:%' AND k.revoked_at IS NULL AND u.deleted_at IS NULL AND u.state LIKE '%\"banned\":true%' \
     UNION SELECT u.id FROM webhook_endpoints AS e CROSS JOIN users AS u ON u.id = substr(e.made_by, 6) \
     WHERE e.made_by LIKE 'user:%' AND @true(e.enabled) AND u.deleted_at IS NULL AND u.state LIKE '%\"banned\":true%' \
     AND NOT EXISTS (SELECT 1 FROM deeds AS d \
         WHERE d.state LIKE ?1 AND d.state LIKE concat('%\"about\":\"', e.id, '\"%'))";

/// Who they are.
pub(super) async fn left(connection: &mut Connection) -> PortResult<Vec<UserId>> {
    let doing = "looking for what banned agents made";
    let ended = format!("%{}%", OffBecause::Banned.sentence());
    let rows = query(LEFT).bind(ended).fetch_all(connection).await.doing(doing)?;
    let mut left = Vec::new();
    for row in &rows {
        let id: &str = row.try_get(0).doing(doing)?;
        left.extend(UserId::new(id));
    }
    Ok(left)
}

/// Ends what they made, as the ban would have.
pub(super) async fn end(writer: &Writer, left: Vec<UserId>) -> PortResult<()> {
    for id in left {
        let ended = writer.call(move |transaction| {
            let id = id.clone();
            Box::pin(async move { end_of(transaction.connection, &id).await })
        });
        match ended.await {
            // One that is damaged keeps nobody from starting.
            Err(error) if error.fault() == Fault::Corrupt => {
                tracing::error!(%error, "what a banned agent made cannot be read");
            }
            ended => ended?,
        }
    }
    Ok(())
}

async fn end_of(connection: &mut Connection, id: &UserId) -> PortResult<()> {
    let Some(agent) = agents::locked(&mut *connection, id).await? else { return Ok(()) };
    // When the ban was told of, or something of the account after it.
    let at = agent.account_changed_at.unwrap_or(agent.created_at);
    let retreat = Retreat { agent, left: None, moved: false };
    if retreat.is_by_ban() {
        api_keys::end(&mut *connection, &retreat, at).await?;
        webhooks::end(connection, &retreat, at).await?;
    }
    Ok(())
}
