//! Who made a key or a webhook, as a column: agents and keys, with whose rights what they made ends.

use std::collections::BTreeSet;

use dripr_core::{
    access::{Caller, Reach},
    campaign::Actor,
    errors::PortResult,
    ids::{ApiKeyId, UserId},
};
use serde::Deserialize;

use super::{
    agents,
    connection::{Connection, query},
    dossier::id_list,
    error::While,
};

/// Who made something, as its column has it; `None` for those whose rights do not end.
pub(super) fn column(by: Option<&Actor>) -> Option<String> {
    match by? {
        Actor::User(id) => Some(agent(id)),
        Actor::ApiKey(id) => Some(key(id)),
        Actor::System | Actor::Recipient | Actor::Provider | Actor::Operator => None,
    }
}

/// An agent in that column.
pub(super) fn agent(id: &UserId) -> String {
    format!("user:{id}")
}

fn key(id: &ApiKeyId) -> String {
    format!("key:{id}")
}

/// Keys in that column, as a list for a statement.
pub(super) fn keys(ids: &[ApiKeyId]) -> String {
    let keys: Vec<String> = ids.iter().map(key).collect();
    id_list(keys.iter().map(String::as_str))
}

/// What is read of a key or a webhook to know who made it.
#[derive(Deserialize)]
struct Made {
    #[serde(default)]
    created_by: Option<Actor>,
}

/// Fills that column where a program of before there was one made something since: while processes are replaced one by one, such a
/// one may still run beside this. There are few keys and webhooks to look at.
pub(super) async fn fill_in(connection: &mut Connection) -> PortResult<()> {
    let doing = "noting who made keys and webhooks";
    for table in ["api_keys", "webhook_endpoints"] {
        let rows = query(format!("SELECT id, state FROM {table} WHERE made_by IS NULL"))
            .fetch_all(&mut *connection)
            .await
            .doing(doing)?;
        let sql = format!("UPDATE {table} SET made_by = ?2 WHERE id = ?1 AND made_by IS NULL");
        for row in &rows {
            let id: &str = row.try_get(0).doing(doing)?;
            let state: &str = row.try_get(1).doing(doing)?;
            // One that is damaged is told of where it is read, and keeps nobody from starting.
            let Ok(made) = serde_json::from_str::<Made>(state) else { continue };
            if let Some(maker) = column(made.created_by.as_ref()) {
                query(sql.as_str()).bind(id).bind(maker).execute(&mut *connection).await.doing(doing)?;
            }
        }
    }
    Ok(())
}

/// Whether who makes something that reaches this far may still; `owner` is how far they reached. Their row and that of the agent for
/// whom alone it is are locked, so that nobody takes it from them, or moves that agent, before what they make is stored.
pub(super) async fn may_still_make(
    connection: &mut Connection,
    by: Option<&Actor>,
    owner: Option<&Reach>,
    reach: &Reach,
) -> PortResult<bool> {
    let named = match reach {
        Reach::Agent(id) => Some(id),
        Reach::Deployment | Reach::Brokerage(_) | Reach::Team(..) => None,
    };
    let maker = match by {
        Some(Actor::User(id)) => Some(id),
        Some(Actor::ApiKey(_) | Actor::System | Actor::Recipient | Actor::Provider | Actor::Operator)
        | None => None,
    };
    // In the order of their ids, and agents before keys, as where an agent retreats: nobody waits crosswise.
    let ids: BTreeSet<&UserId> = maker.into_iter().chain(named).collect();
    let mut known = Vec::new();
    for id in ids {
        known.extend(agents::locked(&mut *connection, id).await?);
    }
    let agent = |id: &UserId| known.iter().find(|agent| agent.id == *id);
    if !reach.may_be_given(owner, named.and_then(agent)) {
        return Ok(false);
    }
    match by {
        Some(Actor::ApiKey(id)) => {
            let doing = "looking for the key that makes something";
            let sql = "SELECT revoked_at FROM api_keys WHERE id = ?1@locked";
            let row = query(sql).bind(id.as_str()).fetch_optional(connection).await.doing(doing)?;
            let Some(row) = row else { return Ok(true) };
            Ok(row.try_get::<Option<i64>>(0).doing(doing)?.is_none())
        }
        Some(Actor::User(id)) => {
            let (Some(owner), Some(agent)) = (owner, agent(id)) else { return Ok(true) };
            Ok(Caller::still_reaches(agent, owner))
        }
        Some(Actor::System | Actor::Recipient | Actor::Provider | Actor::Operator) | None => Ok(true),
    }
}
