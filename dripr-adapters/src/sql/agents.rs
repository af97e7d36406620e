//! The port for agents.

use async_trait::async_trait;
use dripr_core::{
    access::{Reach, Retreat},
    agent::Agent,
    billing::Billing,
    campaign::{Actor, AuditEntry},
    errors::{Fault, PortError, PortResult},
    events::{Event, UserCreated},
    ids::{CampaignId, CustomerId, EventId, TeamId, UserId},
    ports::{AgentHistoryEntry, AgentStore},
    schedule::Instant,
};

use super::{
    SqlStore,
    announce::announce,
    api_keys,
    connection::{Connection, Row, query},
    dossier::{agent, json, to_json},
    error::{While, corrupt},
    execute::{wake, write_audit},
    instant::micros,
    notices, webhooks,
    writer::Transaction,
};

const HISTORY: &str =
    "SELECT id, campaign_id, state FROM audit WHERE user_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

/// Whose it is is asked in a way that no index answers: by that of the agent all that the agent has would be read.
const HISTORY_OF_CAMPAIGN: &str = "SELECT id, campaign_id, state FROM audit WHERE campaign_id = ?4 AND id < ?2 \
     AND CASE WHEN user_id = ?1 THEN 1 ELSE 0 END = 1 ORDER BY id DESC LIMIT ?3";

#[async_trait]
impl AgentStore for SqlStore {
    async fn register(&self, agent: Agent, event: UserCreated, actor: Actor) -> PortResult<bool> {
        self.shared
            .writer
            .call(move |transaction| {
                let (agent, event, actor) = (agent.clone(), event.clone(), actor.clone());
                Box::pin(async move { register(transaction, &agent, event, actor).await })
            })
            .await
    }

    async fn agent(&self, id: &UserId) -> PortResult<Option<Agent>> {
        let doing = "reading an agent";
        let sql = "SELECT id, state, subscription_status, managed_client_id FROM users WHERE id = ?1";
        let row = query(sql).bind(id.as_str()).fetch_optional(&self.shared.reads).await.doing(doing)?;
        row.as_ref().map(read).transpose()
    }

    async fn agents(&self, within: &Reach, after: Option<UserId>, limit: usize) -> PortResult<Vec<Agent>> {
        let (condition, [one, other]) = match within {
            Reach::Deployment => ("users AS u WHERE u.id > ?1", [None, None]),
            Reach::Agent(id) => ("users AS u WHERE u.id > ?1 AND u.id = ?3", [Some(id.as_str()), None]),
            Reach::Brokerage(brokerage) => (
                "memberships AS m JOIN users AS u ON u.id = m.user_id WHERE m.user_id > ?1 AND m.brokerage_id = ?3",
                [Some(brokerage.as_str()), None],
            ),
            Reach::Team(brokerage, team) => (
                "memberships AS m JOIN users AS u ON u.id = m.user_id WHERE m.user_id > ?1 AND m.brokerage_id = ?3 \
                 AND m.team_id = ?4",
                [Some(brokerage.as_str()), Some(team.as_str())],
            ),
        };
        let sql = format!(
            "SELECT u.id, u.state, u.subscription_status, u.managed_client_id FROM {condition} ORDER BY u.id LIMIT ?2"
        );
        // No id is empty, so that all are greater than that.
        let mut query = query(sql)
            .bind(after.as_ref().map_or("", UserId::as_str))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        for value in [one, other].into_iter().flatten() {
            query = query.bind(value);
        }
        let rows = query.fetch_all(&self.shared.reads).await.doing("reading agents")?;
        rows.iter().map(read).collect()
    }

    async fn replace(&self, agent: Agent, audit: Option<AuditEntry>) -> PortResult<bool> {
        self.shared
            .writer
            .call(move |transaction| {
                let (agent, audit) = (agent.clone(), audit.clone());
                Box::pin(async move { replace(transaction.connection, agent, audit).await })
            })
            .await
    }

    async fn note(&self, id: &UserId, entry: AuditEntry) -> PortResult<()> {
        let id = id.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let (id, entry) = (id.clone(), entry.clone());
                Box::pin(async move {
                    write_audit(transaction.connection, &[(None, &id, &entry, to_json(&entry)?)]).await
                })
            })
            .await
    }

    async fn agent_history(
        &self,
        id: &UserId,
        campaign: Option<CampaignId>,
        before: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<AgentHistoryEntry>> {
        let doing = "reading a history";
        let mut query = query(if campaign.is_some() { HISTORY_OF_CAMPAIGN } else { HISTORY })
            .bind(id.as_str())
            .bind(before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        if let Some(campaign) = &campaign {
            query = query.bind(campaign.as_str());
        }
        let rows = query.fetch_all(&self.shared.reads).await.doing(doing)?;
        let line = |row: &Row| {
            let campaign_id: Option<&str> = row.try_get(1).doing(doing)?;
            let read = |campaign: &str| {
                CampaignId::new(campaign).map_err(|error| corrupt("audit", "campaign_id", campaign, error))
            };
            Ok(AgentHistoryEntry {
                number: row.try_get::<i64>(0).doing(doing)?.unsigned_abs(),
                campaign_id: campaign_id.map(read).transpose()?,
                entry: json(row.try_get(2).doing(doing)?, "audit", "state", id.as_str())?,
            })
        };
        rows.iter().map(line).collect()
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

    async fn is_removed(&self, id: &UserId) -> PortResult<bool> {
        let row = query("SELECT id FROM removed_accounts WHERE id = ?1")
            .bind(id.as_str())
            .fetch_optional(&self.shared.reads)
            .await
            .doing("looking for a removed account")?;
        Ok(row.is_some())
    }

    async fn of_customer(&self, customer: &CustomerId) -> PortResult<Vec<Agent>> {
        let sql = "SELECT u.id, u.state, u.subscription_status, u.managed_client_id FROM agent_customers AS c \
                   JOIN users AS u ON u.id = c.user_id WHERE c.customer_id = ?1 \
                   ORDER BY CASE WHEN u.deleted_at IS NULL THEN 0 ELSE 1 END, u.id";
        let rows = query(sql)
            .bind(customer.as_str())
            .fetch_all(&self.shared.reads)
            .await
            .doing("looking for a customer's agents")?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &Row) -> PortResult<Agent> {
    let doing = "reading agents";
    let (id, state) = (row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?);
    agent(id, state, row.try_get(2).doing(doing)?, row.try_get(3).doing(doing)?)
}

async fn register(
    transaction: &mut Transaction<'_>,
    agent: &Agent,
    event: UserCreated,
    actor: Actor,
) -> PortResult<bool> {
    // Whoever removes the account at the same time notes the same id: one of both waits for the other.
    let is_free = query("INSERT INTO removed_accounts (id, at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")
        .bind(agent.id.as_str())
        .bind(micros(agent.created_at))
        .execute(&mut *transaction.connection)
        .await
        .doing("looking for a removed account")?;
    if is_free == 0 {
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
    query("DELETE FROM removed_accounts WHERE id = ?1")
        .bind(agent.id.as_str())
        .execute(&mut *transaction.connection)
        .await
        .doing("noting that an account is not removed")?;
    if stored == 0 {
        return Ok(false);
    }
    notices::put_first(transaction.connection, &agent.id, agent.created_at).await?;
    put_membership(transaction.connection, agent).await?;
    link_customers(transaction.connection, agent).await?;
    let entry = AuditEntry::of("registered", actor, event.timestamp, None);
    write_audit(transaction.connection, &[(None, &agent.id, &entry, to_json(&entry)?)]).await?;
    let id = match &event.event_id {
        Some(id) => id.clone(),
        None => EventId::new(format!("user:{}", agent.id)).map_err(|error| {
            PortError::new(Fault::Invalid, format!("user_id {} is too long", agent.id)).caused_by(error)
        })?,
    };
    announce(transaction, &[(id, Event::UserCreated(event))]).await?;
    Ok(true)
}

/// Where an agent is found by their brokerage and team.
async fn put_membership(connection: &mut Connection, agent: &Agent) -> PortResult<()> {
    let doing = "storing an agent's brokerage";
    let Some(brokerage) = &agent.membership.brokerage else {
        let sql = "DELETE FROM memberships WHERE user_id = ?1";
        query(sql).bind(agent.id.as_str()).execute(connection).await.doing(doing)?;
        return Ok(());
    };
    query(
        "INSERT INTO memberships (user_id, brokerage_id, team_id) VALUES (?1, ?2, ?3) \
         ON CONFLICT (user_id) DO UPDATE SET brokerage_id = excluded.brokerage_id, team_id = excluded.team_id",
    )
    .bind(agent.id.as_str())
    .bind(brokerage.as_str())
    .bind(agent.membership.team.as_ref().map(TeamId::as_str))
    .execute(connection)
    .await
    .doing(doing)?;
    Ok(())
}

async fn replace(connection: &mut Connection, mut new: Agent, audit: Option<AuditEntry>) -> PortResult<bool> {
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
    if known.membership != new.membership {
        put_membership(&mut *connection, &new).await?;
    }
    if let Some(retreat) = Retreat::of(&known, &new) {
        let at = audit.as_ref().map(|entry| entry.at).or(new.deleted_at).unwrap_or(new.created_at);
        api_keys::end(&mut *connection, &retreat, at).await?;
        webhooks::end(&mut *connection, &retreat, at).await?;
    }
    if known.billing != new.billing {
        link_customers(&mut *connection, &new).await?;
    }
    if let Some(entry) = &audit {
        write_audit(&mut *connection, &[(None, &new.id, entry, to_json(entry)?)]).await?;
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
    let mut is_news = noted > 0;
    let known = locked(&mut *connection, id).await?;
    if let Some(known) = known.filter(|known| known.deleted_at.is_none()) {
        let audit = AuditEntry::of("agent_removed", Actor::Provider, at, None);
        is_news |= replace(connection, Agent { deleted_at: Some(at), ..known }, Some(audit)).await?;
    }
    Ok(is_news)
}

/// An agent whom nobody else changes until the transaction ends.
pub(super) async fn locked(connection: &mut Connection, id: &UserId) -> PortResult<Option<Agent>> {
    let sql = "SELECT id, state, subscription_status, managed_client_id FROM users WHERE id = ?1@locked";
    let row = query(sql).bind(id.as_str()).fetch_optional(connection).await.doing("reading an agent")?;
    row.as_ref().map(read).transpose()
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

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::sql::SqliteOptions;

    #[tokio::test]
    async fn a_page_of_a_history_is_a_range_of_its_own_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        for (sql, index) in [
            (HISTORY, "INDEX audit_by_user (user_id=? AND id<?)"),
            (HISTORY_OF_CAMPAIGN, "INDEX audit_by_campaign (campaign_id=? AND id<?)"),
        ] {
            let rows =
                query(format!("EXPLAIN QUERY PLAN {sql}")).fetch_all(&store.shared.reads).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
            assert!(plan.len() == 1 && plan[0].contains(index), "{sql}: {plan:?}");
        }
    }
}
