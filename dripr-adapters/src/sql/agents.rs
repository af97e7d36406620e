//! The port for agents.

use async_trait::async_trait;
use dripr_core::{
    agent::Agent,
    errors::{Fault, PortError, PortResult},
    events::{Event, UserCreated},
    ids::{EventId, UserId},
    ports::AgentStore,
};

use super::{
    SqlStore,
    announce::announce,
    connection::{Connection, Row, query},
    dossier::{agent, subscription_status, to_json},
    error::While,
    execute::wake,
    instant::micros,
    notices,
    writer::Transaction,
};

#[async_trait]
impl AgentStore for SqlStore {
    async fn register(&self, agent: Agent, event: UserCreated) -> PortResult<bool> {
        self.shared
            .writer
            .call(move |transaction| {
                let (agent, event) = (agent.clone(), event.clone());
                Box::pin(async move { register(transaction, &agent, event).await })
            })
            .await
    }

    async fn agent(&self, id: &UserId) -> PortResult<Option<Agent>> {
        let doing = "reading an agent";
        let sql = "SELECT id, state, subscription_status, managed_client_id FROM users WHERE id = ?1";
        let row = query(sql).bind(id.as_str()).fetch_optional(&self.shared.reads).await.doing(doing)?;
        row.as_ref().map(read).transpose()
    }

    async fn agents(&self, after: Option<UserId>, limit: usize) -> PortResult<Vec<Agent>> {
        // No id is empty, so that all are greater than that.
        let sql = "SELECT id, state, subscription_status, managed_client_id FROM users WHERE id > ?1 ORDER BY id LIMIT ?2";
        let rows = query(sql)
            .bind(after.as_ref().map_or("", UserId::as_str))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.shared.reads)
            .await
            .doing("reading agents")?;
        rows.iter().map(read).collect()
    }

    async fn replace(&self, agent: Agent) -> PortResult<bool> {
        self.shared
            .writer
            .call(move |transaction| {
                let agent = agent.clone();
                Box::pin(async move { replace(transaction.connection, agent).await })
            })
            .await
    }
}

fn read(row: &Row) -> PortResult<Agent> {
    let doing = "reading agents";
    let (id, state) = (row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?);
    agent(id, state, row.try_get(2).doing(doing)?, row.try_get(3).doing(doing)?)
}

async fn register(transaction: &mut Transaction<'_>, agent: &Agent, event: UserCreated) -> PortResult<bool> {
    let stored = query(
        "INSERT INTO users (id, subscription_status, managed_client_id, created_at, deleted_at, version, state) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
    )
    .bind(agent.id.as_str())
    .bind(subscription_status(agent.subscription_status))
    .bind(agent.managed_client_id.as_deref())
    .bind(micros(agent.created_at))
    .bind(agent.deleted_at.map(micros))
    .bind(i64::try_from(agent.version).unwrap_or(i64::MAX))
    .bind(to_json(agent)?)
    .execute(&mut *transaction.connection)
    .await
    .doing("storing an agent")?;
    if stored == 0 {
        return Ok(false);
    }
    notices::put_first(transaction.connection, &agent.id, agent.created_at).await?;
    let id = match &event.event_id {
        Some(id) => id.clone(),
        None => EventId::new(format!("user:{}", agent.id)).map_err(|error| {
            PortError::new(Fault::Invalid, format!("user_id {} is too long", agent.id)).caused_by(error)
        })?,
    };
    announce(transaction, &[(id, Event::UserCreated(event))]).await?;
    Ok(true)
}

async fn replace(connection: &mut Connection, mut new: Agent) -> PortResult<bool> {
    let doing = "storing an agent";
    let sql = "SELECT id, state, subscription_status, managed_client_id FROM users \
               WHERE id = ?1 AND version = ?2@locked";
    let row = query(sql)
        .bind(new.id.as_str())
        .bind(i64::try_from(new.version).unwrap_or(i64::MAX))
        .fetch_optional(&mut *connection)
        .await
        .doing(doing)?;
    let Some(row) = row else { return Ok(false) };
    let known = read(&row)?;
    new.version += 1;
    query(
        "UPDATE users SET subscription_status = ?2, managed_client_id = ?3, deleted_at = ?4, version = ?5, state = ?6 \
         WHERE id = ?1",
    )
    .bind(new.id.as_str())
    .bind(subscription_status(new.subscription_status))
    .bind(new.managed_client_id.as_deref())
    .bind(new.deleted_at.map(micros))
    .bind(i64::try_from(new.version).unwrap_or(i64::MAX))
    .bind(to_json(&new)?)
    .execute(&mut *connection)
    .await
    .doing(doing)?;
    let decisive = known.subscription_status != new.subscription_status
        || known.sending_rules != new.sending_rules
        || known.paused != new.paused
        || known.deleted_at != new.deleted_at;
    if decisive {
        wake(&mut *connection, &new.id, None).await?;
        notices::wake_teller(connection, &new.id).await?;
    }
    Ok(true)
}
