//! What stands against an agent's writing to an address, and what ends it.

use dripr_core::{
    campaign::{Actor, AuditEntry},
    email::Suppression,
    errors::PortResult,
    ids::UserId,
    ports::AddressSuppression,
    schedule::Instant,
};

use super::{
    connection::{On, query},
    contacts::{in_turn, known_contact, note},
    dossier::{suppression, to_json},
    error::While,
    execute::wake,
    instant::micros,
    webhooks::tell_contact::{tell_lifting, tell_suppression},
    writer::Transaction,
};

pub(super) async fn known_suppression<'c>(
    on: impl Into<On<'c>>,
    user: &UserId,
    key: &str,
) -> PortResult<Option<Suppression>> {
    let doing = "reading an opt-out";
    let sql = "SELECT state, cause FROM suppressions WHERE user_id = ?1 AND address_key = ?2";
    let row = query(sql).bind(user.as_str()).bind(key).fetch_optional(on).await.doing(doing)?;
    row.map(|row| suppression(row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?)).transpose()
}

pub(super) async fn suppress(
    transaction: &mut Transaction<'_>,
    new: &Suppression,
    actor: Actor,
    why: String,
) -> PortResult<AddressSuppression> {
    let connection = &mut *transaction.connection;
    in_turn(connection, &new.user_id).await?;
    let key = new.address.key();
    let (became, stands) = match known_suppression(&mut *connection, &new.user_id, &key).await? {
        None => (AddressSuppression::Anew, new.clone()),
        Some(known) => match known.joined(new) {
            None => return Ok(AddressSuppression::Known),
            Some(joined) if joined.cause == known.cause => (AddressSuppression::Known, joined),
            Some(joined) => (AddressSuppression::MoreFinal, joined),
        },
    };
    query(
        "INSERT INTO suppressions (user_id, address_key, address, cause, since, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (user_id, address_key) DO UPDATE SET address = excluded.address, cause = excluded.cause, \
         since = excluded.since, state = excluded.state",
    )
    .bind(stands.user_id.as_str())
    .bind(key.as_str())
    .bind(stands.address.as_str())
    .bind(stands.cause.as_str())
    .bind(micros(stands.since))
    .bind(to_json(&stands)?)
    .execute(&mut *connection)
    .await
    .doing("storing an opt-out")?;
    if became == AddressSuppression::Known {
        return Ok(became);
    }
    let contact = known_contact(&mut *connection, &new.user_id, &key).await?;
    let entry = AuditEntry {
        at: new.since,
        actor,
        what: "suppressed".to_owned(),
        cycle: None,
        email_id: None,
        cause: Some(why),
        contact_id: contact.as_ref().map(|contact| contact.id.clone()),
    };
    note(connection, &new.user_id, &key, &entry).await?;
    wake(connection, &new.user_id, Some(&key)).await?;
    tell_suppression(transaction, &stands, contact.as_ref()).await?;
    Ok(became)
}

pub(super) async fn lift(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    key: &str,
    is_lifted: &(dyn Fn(&Suppression) -> bool + Send + Sync),
    actor: Actor,
    at: Instant,
) -> PortResult<bool> {
    let connection = &mut *transaction.connection;
    in_turn(connection, user).await?;
    let known = known_suppression(&mut *connection, user, key).await?;
    let Some(ended) = known.filter(is_lifted) else { return Ok(false) };
    query("DELETE FROM suppressions WHERE user_id = ?1 AND address_key = ?2")
        .bind(user.as_str())
        .bind(key)
        .execute(&mut *connection)
        .await
        .doing("lifting an opt-out")?;
    let contact = known_contact(&mut *connection, user, key).await?;
    let entry = AuditEntry {
        at,
        actor,
        what: "suppression_lifted".to_owned(),
        cycle: None,
        email_id: None,
        cause: None,
        contact_id: contact.as_ref().map(|contact| contact.id.clone()),
    };
    note(connection, user, key, &entry).await?;
    wake(connection, user, Some(key)).await?;
    tell_lifting(transaction, &ended, contact.as_ref(), at).await?;
    Ok(true)
}
