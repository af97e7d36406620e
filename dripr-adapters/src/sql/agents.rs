//! The port for agents.

use async_trait::async_trait;
use dripr_core::{
    agent::Agent,
    billing::Billing,
    errors::{Fault, PortError, PortResult},
    events::{Event, UserCreated},
    ids::{CustomerId, EventId, UserId},
    ports::AgentStore,
    schedule::Instant,
};

use super::{
    SqlStore,
    announce::announce,
    connection::{Connection, Row, query},
    dossier::{agent, to_json},
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

    async fn remove(&self, id: &UserId, at: Instant) -> PortResult<bool> {
        let id = id.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let id = id.clone();
                Box::pin(async move { remove(transaction.connection, &id, at).await })
            })
            .await
    }

    async fn by_customer(&self, customer: &CustomerId) -> PortResult<Option<Agent>> {
        let sql = "SELECT u.id, u.state, u.subscription_status, u.managed_client_id FROM agent_customers AS c \
                   JOIN users AS u ON u.id = c.user_id WHERE c.customer_id = ?1 \
                   ORDER BY CASE WHEN u.deleted_at IS NULL THEN 0 ELSE 1 END, u.id LIMIT 1";
        let row = query(sql)
            .bind(customer.as_str())
            .fetch_optional(&self.shared.reads)
            .await
            .doing("looking for a customer's agent")?;
        row.as_ref().map(read).transpose()
    }
}

fn read(row: &Row) -> PortResult<Agent> {
    let doing = "reading agents";
    let (id, state) = (row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?);
    agent(id, state, row.try_get(2).doing(doing)?, row.try_get(3).doing(doing)?)
}

async fn register(transaction: &mut Transaction<'_>, agent: &Agent, event: UserCreated) -> PortResult<bool> {
    let removed = query("SELECT id FROM removed_accounts WHERE id = ?1")
        .bind(agent.id.as_str())
        .fetch_optional(&mut *transaction.connection)
        .await
        .doing("looking for a removed account")?;
    if removed.is_some() {
        return Ok(false);
    }
    let stored = query(
        "INSERT INTO users (id, subscription_status, managed_client_id, created_at, deleted_at, version, state) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
    )
    .bind(agent.id.as_str())
    .bind(agent.subscription_status.as_str())
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
    link_customers(transaction.connection, agent).await?;
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
    .bind(new.subscription_status.as_str())
    .bind(new.managed_client_id.as_deref())
    .bind(new.deleted_at.map(micros))
    .bind(i64::try_from(new.version).unwrap_or(i64::MAX))
    .bind(to_json(&new)?)
    .execute(&mut *connection)
    .await
    .doing(doing)?;
    if known.billing != new.billing {
        link_customers(connection, &new).await?;
    }
    if new.decides_otherwise_than(&known) {
        wake(&mut *connection, &new.id, None).await?;
        notices::wake_teller(connection, &new.id).await?;
    }
    Ok(true)
}

async fn remove(connection: &mut Connection, id: &UserId, at: Instant) -> PortResult<bool> {
    let doing = "removing an account";
    let noted = query("INSERT INTO removed_accounts (id, at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")
        .bind(id.as_str())
        .bind(micros(at))
        .execute(&mut *connection)
        .await
        .doing(doing)?;
    if noted == 0 {
        return Ok(false);
    }
    let sql = "SELECT id, state, subscription_status, managed_client_id FROM users WHERE id = ?1@locked";
    let row = query(sql).bind(id.as_str()).fetch_optional(&mut *connection).await.doing(doing)?;
    let known = row.as_ref().map(read).transpose()?;
    if let Some(known) = known.filter(|known| known.deleted_at.is_none()) {
        replace(connection, Agent { deleted_at: Some(at), ..known }).await?;
    }
    Ok(true)
}

/// Lets an agent be found by the customers whom their billing names.
async fn link_customers(connection: &mut Connection, agent: &Agent) -> PortResult<()> {
    for customer in agent.billing.iter().flat_map(Billing::customers) {
        let sql = "INSERT INTO agent_customers (customer_id, user_id) VALUES (?1, ?2) \
                   ON CONFLICT (customer_id, user_id) DO NOTHING";
        query(sql)
            .bind(customer.as_str())
            .bind(agent.id.as_str())
            .execute(&mut *connection)
            .await
            .doing("storing an agent's customers")?;
    }
    Ok(())
}
