//! The port for what agents were told. A trigger gives each new agent their row.

use async_trait::async_trait;
use dripr_core::{
    agent_mail::{Notices, Standing},
    errors::PortResult,
    ids::UserId,
    mail_account::MailAccount,
    policy::{FARTHEST, after},
    ports::NoticeStore,
    schedule::Instant,
};

use super::{
    SqlStore,
    connection::{Connection, Row, query},
    dossier::{agent, json, to_json},
    error::While,
    instant::{AT_ONCE, instant, micros, micros_reached},
};

/// Agents at whom it is time to look, with all that is looked at: two ranges of `agent_notices_due`.
const DUE: &str = "SELECT n.user_id, n.due_at, n.version, n.state, u.state, u.subscription_status, u.managed_client_id, \
     m.state, \
     EXISTS (SELECT 1 FROM emails WHERE user_id = n.user_id AND delivery_status = 'CREATED'), \
     EXISTS (SELECT 1 FROM campaigns WHERE user_id = n.user_id AND @true(needs_agent)) \
     FROM (SELECT * FROM (SELECT * FROM agent_notices@by(agent_notices_due) WHERE due_at <= ?1 ORDER BY due_at, user_id LIMIT ?3) AS reached \
     UNION ALL SELECT * FROM (SELECT * FROM agent_notices@by(agent_notices_due) WHERE due_at > ?2 ORDER BY due_at, user_id LIMIT ?3) AS far LIMIT ?3) \
     AS n JOIN users AS u ON u.id = n.user_id LEFT JOIN mail_accounts AS m ON m.user_id = n.user_id \
     ORDER BY n.due_at, n.user_id";

#[async_trait]
impl NoticeStore for SqlStore {
    async fn notices(&self, user: &UserId) -> PortResult<Option<Notices>> {
        let doing = "reading what an agent was told";
        let sql = "SELECT user_id, due_at, version, state FROM agent_notices WHERE user_id = ?1";
        let row = query(sql).bind(user.as_str()).fetch_optional(&self.shared.reads).await.doing(doing)?;
        row.as_ref().map(read).transpose()
    }

    async fn due_notices(&self, now: Instant, limit: usize) -> PortResult<Vec<Standing>> {
        let rows = query(DUE)
            .bind(micros(now))
            .bind(micros_reached(after(now, FARTHEST)))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.shared.reads)
            .await
            .doing("looking for agents who are to be told something")?;
        rows.iter().map(standing).collect()
    }

    async fn next_notices_due(&self) -> PortResult<Option<Instant>> {
        let doing = "looking for the next agent who is to be told something";
        let sql = "SELECT due_at FROM agent_notices@by(agent_notices_due) WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
        let row = query(sql).fetch_optional(&self.shared.reads).await.doing(doing)?;
        row.map(|row| instant(row.try_get(0).doing(doing)?, "agent_notices", "due_at", "")).transpose()
    }

    async fn put_notices(&self, notices: Notices) -> PortResult<bool> {
        self.shared
            .writer
            .call(move |transaction| {
                let notices = notices.clone();
                Box::pin(async move { put(transaction.connection, notices).await })
            })
            .await
    }
}

/// The first four columns.
fn read(row: &Row) -> PortResult<Notices> {
    let doing = "reading what an agent was told";
    let id: &str = row.try_get(0).doing(doing)?;
    let due: Option<i64> = row.try_get(1).doing(doing)?;
    let version: i64 = row.try_get(2).doing(doing)?;
    let stored: Notices = json(row.try_get(3).doing(doing)?, "agent_notices", "state", id)?;
    let due_at = due.map(|due| instant(due, "agent_notices", "due_at", id)).transpose()?;
    Ok(Notices { due_at, version: u64::try_from(version).unwrap_or_default(), ..stored })
}

fn standing(row: &Row) -> PortResult<Standing> {
    let doing = "reading agents who are to be told something";
    let notices = read(row)?;
    let id = notices.user_id.as_str();
    let agent =
        agent(id, row.try_get(4).doing(doing)?, row.try_get(5).doing(doing)?, row.try_get(6).doing(doing)?)?;
    let account: Option<&str> = row.try_get(7).doing(doing)?;
    let account =
        account.map(|state| json::<MailAccount>(state, "mail_accounts", "state", id)).transpose()?;
    Ok(Standing {
        agent,
        grant: account.map(|account| account.grant),
        waiting: row.try_get(8).doing(doing)?,
        in_need: row.try_get(9).doing(doing)?,
        notices,
    })
}

async fn put(connection: &mut Connection, mut notices: Notices) -> PortResult<bool> {
    let known = notices.version;
    notices.version += 1;
    let sql =
        "UPDATE agent_notices SET due_at = ?3, version = ?4, state = ?5 WHERE user_id = ?1 AND version = ?2";
    let stored = query(sql)
        .bind(notices.user_id.as_str())
        .bind(i64::try_from(known).unwrap_or(i64::MAX))
        .bind(notices.due_at.map(micros_reached))
        .bind(i64::try_from(notices.version).unwrap_or(i64::MAX))
        .bind(to_json(&notices)?)
        .execute(connection)
        .await
        .doing("storing what an agent was told")?;
    Ok(stored > 0)
}

/// What a new agent was told: nothing. Where a trigger was faster, nothing changes.
pub(super) async fn put_first(connection: &mut Connection, user: &UserId, since: Instant) -> PortResult<()> {
    let sql = "INSERT INTO agent_notices (user_id, due_at, version, state) VALUES (?1, ?2, 0, ?3) \
               ON CONFLICT (user_id) DO NOTHING";
    query(sql)
        .bind(user.as_str())
        .bind(micros(since))
        .bind(to_json(&serde_json::json!({ "user_id": user, "due_at": null }))?)
        .execute(connection)
        .await
        .doing("storing what an agent was told")?;
    Ok(())
}

/// It is time to look whether an agent is to be told something. Who read before does not hide it.
pub(super) async fn wake_teller(connection: &mut Connection, user: &UserId) -> PortResult<()> {
    query("UPDATE agent_notices SET due_at = ?1, version = version + 1 WHERE user_id = ?2")
        .bind(AT_ONCE)
        .bind(user.as_str())
        .execute(connection)
        .await
        .doing("waking the teller")?;
    Ok(())
}
