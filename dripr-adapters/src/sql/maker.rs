//! Who made a key or a webhook, as a column: agents and keys, with whose rights what they made ends.

use dripr_core::{
    access::{Caller, Reach},
    campaign::Actor,
    errors::PortResult,
    ids::{ApiKeyId, UserId},
};

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

/// Whether who makes something may still; `owner` is how far they reached. Their row is locked, so that nobody takes it from them
/// before what they make is stored.
pub(super) async fn may_still_make(
    connection: &mut Connection,
    by: Option<&Actor>,
    owner: Option<&Reach>,
) -> PortResult<bool> {
    match by {
        Some(Actor::ApiKey(id)) => {
            let doing = "looking for the key that makes something";
            let sql = "SELECT revoked_at FROM api_keys WHERE id = ?1@locked";
            let row = query(sql).bind(id.as_str()).fetch_optional(connection).await.doing(doing)?;
            let Some(row) = row else { return Ok(true) };
            Ok(row.try_get::<Option<i64>>(0).doing(doing)?.is_none())
        }
        Some(Actor::User(id)) => {
            let (Some(owner), Some(agent)) = (owner, agents::locked(connection, id).await?) else {
                return Ok(true);
            };
            Ok(Caller::still_reaches(&agent, owner))
        }
        Some(Actor::System | Actor::Recipient | Actor::Provider | Actor::Operator) | None => Ok(true),
    }
}
