//! The port for keys.

use std::collections::BTreeSet;

use async_trait::async_trait;
use dripr_core::{
    access::{ApiKey, Reach, Retreat, RevokedBecause},
    campaign::Actor,
    errors::PortResult,
    ids::ApiKeyId,
    ports::ApiKeyStore,
    schedule::Instant,
};

use super::{
    SqlStore,
    connection::{Connection, Row, query},
    deeds,
    dossier::{json, to_json},
    error::While,
    instant::micros,
    maker,
    reach::{column, lies_within, lies_within_row, made_by},
    webhooks,
};

const ENDING: &str = "revoking keys with their maker";

/// What some keys made: a look into an index for each.
const MADE: &str = "SELECT k.id, k.state FROM @list(?1: maker text) AS v \
     CROSS JOIN api_keys AS k ON k.made_by = v.maker ORDER BY k.id@locked(k)";

#[async_trait]
impl ApiKeyStore for SqlStore {
    async fn put_api_key(&self, key: ApiKey) -> PortResult<bool> {
        self.shared
            .writer
            .call(move |transaction| {
                let key = key.clone();
                Box::pin(async move {
                    let (by, owner) = (key.created_by.as_ref(), key.owner.as_ref());
                    if !maker::may_still_make(transaction.connection, by, owner, &key.reach).await? {
                        return Ok(false);
                    }
                    let sql = "INSERT INTO api_keys (id, reach, created_at, revoked_at, state, made_by) \
                               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING";
                    let stored = query(sql)
                        .bind(key.id.as_str())
                        .bind(column(&key.reach)?)
                        .bind(micros(key.created_at))
                        .bind(key.revoked_at.map(micros))
                        .bind(to_json(&key)?)
                        .bind(maker::column(by))
                        .execute(&mut *transaction.connection)
                        .await
                        .doing("storing a key")?;
                    if stored > 0
                        && let Some(deed) = key.making()
                    {
                        deeds::write(transaction.connection, &deed).await?;
                    }
                    Ok(stored > 0)
                })
            })
            .await
    }

    async fn api_key(&self, id: &ApiKeyId) -> PortResult<Option<ApiKey>> {
        let sql = "SELECT id, state FROM api_keys WHERE id = ?1";
        let row =
            query(sql).bind(id.as_str()).fetch_optional(&self.shared.reads).await.doing("reading a key")?;
        row.as_ref().map(read).transpose()
    }

    async fn api_keys(
        &self,
        within: &Reach,
        after: Option<ApiKeyId>,
        limit: usize,
    ) -> PortResult<Vec<ApiKey>> {
        let (condition, values) = lies_within("reach", within, 3)?;
        let sql =
            format!("SELECT id, state FROM api_keys WHERE id > ?1 AND {condition} ORDER BY id LIMIT ?2");
        // No id is empty, so that all are greater than that.
        let mut query = query(sql)
            .bind(after.as_ref().map_or("", ApiKeyId::as_str))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        for value in values {
            query = query.bind(value);
        }
        let rows = query.fetch_all(&self.shared.reads).await.doing("reading keys")?;
        rows.iter().map(read).collect()
    }

    async fn count_api_keys(&self, of: &Reach) -> PortResult<usize> {
        let doing = "counting keys";
        let sql = "SELECT count(*) FROM api_keys WHERE reach = ?1 AND revoked_at IS NULL";
        let row = query(sql).bind(column(of)?).fetch_one(&self.shared.reads).await.doing(doing)?;
        Ok(usize::try_from(row.try_get::<i64>(0).doing(doing)?).unwrap_or_default())
    }

    async fn revoke_api_key(&self, id: &ApiKeyId, by: Actor, at: Instant) -> PortResult<bool> {
        let id = id.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let (id, by) = (id.clone(), by.clone());
                Box::pin(async move {
                    let doing = "revoking a key";
                    let sql = "SELECT id, state FROM api_keys WHERE id = ?1@locked";
                    let row = query(sql)
                        .bind(id.as_str())
                        .fetch_optional(&mut *transaction.connection)
                        .await
                        .doing(doing)?;
                    let Some(row) = row else { return Ok(false) };
                    let mut key = read(&row)?;
                    if key.revoked_at.is_none() {
                        key.revoke(by.clone(), at);
                        revoked(transaction.connection, &key).await?;
                    }
                    end_what_keys_made(transaction.connection, vec![id], &by, at).await?;
                    Ok(true)
                })
            })
            .await
    }
}

/// Stores that a key was taken back.
async fn revoked(connection: &mut Connection, key: &ApiKey) -> PortResult<()> {
    query("UPDATE api_keys SET revoked_at = ?2, state = ?3 WHERE id = ?1")
        .bind(key.id.as_str())
        .bind(key.revoked_at.map(micros))
        .bind(to_json(key)?)
        .execute(&mut *connection)
        .await
        .doing("revoking a key")?;
    match key.revoking() {
        Some(deed) => deeds::write(connection, &deed).await,
        None => Ok(()),
    }
}

/// Takes keys back that an agent made or that reach them alone, as far as they have to end, with what those made.
pub(super) async fn end(connection: &mut Connection, retreat: &Retreat, at: Instant) -> PortResult<()> {
    let mut ended = Vec::new();
    let sql = "SELECT id, state FROM api_keys WHERE reach = ?1 ORDER BY id@locked";
    let alone = column(&Reach::Agent(retreat.agent.id.clone()))?;
    let rows = query(sql).bind(alone).fetch_all(&mut *connection).await.doing(ENDING)?;
    for row in &rows {
        let mut key = read(row)?;
        if key.left_behind(retreat, at) {
            revoked(&mut *connection, &key).await?;
            ended.push(key.id);
        }
    }
    let (sql, values) = made_by("id, state", "api_keys", retreat)?;
    let rows = query(sql).with(values).fetch_all(&mut *connection).await.doing(ENDING)?;
    for row in &rows {
        let mut key = read(row)?;
        if key.outlived(retreat, lies_within_row(row, 2)?, at) {
            revoked(&mut *connection, &key).await?;
            ended.push(key.id);
        }
    }
    end_what_keys_made(connection, ended, &Actor::System, at).await
}

/// Takes keys back, and switches webhooks off, that these keys made, or a key that one of them made.
async fn end_what_keys_made(
    connection: &mut Connection,
    mut makers: Vec<ApiKeyId>,
    by: &Actor,
    at: Instant,
) -> PortResult<()> {
    let mut known: BTreeSet<ApiKeyId> = makers.iter().cloned().collect();
    while !makers.is_empty() {
        let list = maker::keys(&makers);
        let rows = query(MADE).bind(list.as_str()).fetch_all(&mut *connection).await.doing(ENDING)?;
        makers.clear();
        for row in &rows {
            let mut key = read(row)?;
            if key.end(by.clone(), RevokedBecause::Maker, at) {
                revoked(&mut *connection, &key).await?;
            }
            if known.insert(key.id.clone()) {
                makers.push(key.id);
            }
        }
        webhooks::end_made_by(&mut *connection, &list, at).await?;
    }
    Ok(())
}

fn read(row: &Row) -> PortResult<ApiKey> {
    let doing = "reading keys";
    let id: &str = row.try_get(0).doing(doing)?;
    json(row.try_get(1).doing(doing)?, "api_keys", "state", id)
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use dripr_core::testkit::samples;

    use super::*;
    use crate::sql::SqliteOptions;

    #[tokio::test]
    async fn what_somebody_made_is_a_range_of_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let agent = samples::agent("amy", "2026-03-01T12:00:00Z".parse().unwrap()).unwrap();
        let retreat = Retreat { agent, left: None, moved: false };
        let (of_an_agent, _) = made_by("id, state", "api_keys", &retreat).unwrap();
        for sql in [MADE, of_an_agent.as_str()] {
            let rows =
                query(format!("EXPLAIN QUERY PLAN {sql}")).fetch_all(&store.shared.reads).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
            let plan = plan.join("; ");
            assert!(plan.contains("INDEX api_keys_by_maker (made_by=?"), "{sql}: {plan}");
        }
    }
}
