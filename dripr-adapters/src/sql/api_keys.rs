//! The port for keys.

use async_trait::async_trait;
use dripr_core::{
    access::{ApiKey, Reach},
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
    reach::{column, lies_within},
};

#[async_trait]
impl ApiKeyStore for SqlStore {
    async fn put_api_key(&self, key: ApiKey) -> PortResult<bool> {
        self.shared
            .writer
            .call(move |transaction| {
                let key = key.clone();
                Box::pin(async move {
                    let sql = "INSERT INTO api_keys (id, reach, created_at, revoked_at, state) \
                               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO NOTHING";
                    let stored = query(sql)
                        .bind(key.id.as_str())
                        .bind(column(&key.reach)?)
                        .bind(micros(key.created_at))
                        .bind(key.revoked_at.map(micros))
                        .bind(to_json(&key)?)
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
                        key.revoke(by, at);
                        revoked(transaction.connection, &key).await?;
                    }
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

/// Takes keys back that reach this one agent alone.
pub(super) async fn leave_behind(connection: &mut Connection, of: &Reach, at: Instant) -> PortResult<()> {
    let sql = "SELECT id, state FROM api_keys WHERE reach = ?1 ORDER BY id@locked";
    let rows = query(sql).bind(column(of)?).fetch_all(&mut *connection).await.doing("reading keys")?;
    for row in &rows {
        let mut key = read(row)?;
        if key.left_behind(at) {
            revoked(connection, &key).await?;
        }
    }
    Ok(())
}

fn read(row: &Row) -> PortResult<ApiKey> {
    let doing = "reading keys";
    let id: &str = row.try_get(0).doing(doing)?;
    json(row.try_get(1).doing(doing)?, "api_keys", "state", id)
}
