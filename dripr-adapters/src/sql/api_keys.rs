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
    connection::{Row, query},
    dossier::{json, to_json},
    error::While,
    instant::micros,
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
        of: Option<Reach>,
        after: Option<ApiKeyId>,
        limit: usize,
    ) -> PortResult<Vec<ApiKey>> {
        let reach = of.as_ref().map(column).transpose()?;
        // No id is empty, so that all are greater than that.
        let after = after.as_ref().map_or("", ApiKeyId::as_str).to_owned();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = match reach {
            Some(reach) => {
                query("SELECT id, state FROM api_keys WHERE id > ?1 AND reach = ?3 ORDER BY id LIMIT ?2")
                    .bind(after)
                    .bind(limit)
                    .bind(reach)
            }
            None => query("SELECT id, state FROM api_keys WHERE id > ?1 ORDER BY id LIMIT ?2")
                .bind(after)
                .bind(limit),
        };
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
                    key.revoke(by, at);
                    query("UPDATE api_keys SET revoked_at = ?2, state = ?3 WHERE id = ?1")
                        .bind(id.as_str())
                        .bind(key.revoked_at.map(micros))
                        .bind(to_json(&key)?)
                        .execute(&mut *transaction.connection)
                        .await
                        .doing(doing)?;
                    Ok(true)
                })
            })
            .await
    }
}

/// A reach as its column has it: JSON, so that no two are written alike.
fn column(reach: &Reach) -> PortResult<String> {
    to_json(reach)
}

fn read(row: &Row) -> PortResult<ApiKey> {
    let doing = "reading keys";
    let id: &str = row.try_get(0).doing(doing)?;
    json(row.try_get(1).doing(doing)?, "api_keys", "state", id)
}
