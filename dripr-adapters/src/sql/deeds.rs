//! The port for what was done about keys, webhooks and blocked addresses, and how it is written, together with that.

use async_trait::async_trait;
use dripr_core::{
    access::{Deed, Reach},
    errors::PortResult,
    ports::{DeedEntry, DeedStore},
};

use super::{
    SqlStore,
    connection::{Connection, Row, query},
    dossier::{json, to_json},
    error::While,
    instant::micros,
    reach,
};

#[async_trait]
impl DeedStore for SqlStore {
    async fn deeds(&self, within: &Reach, before: Option<u64>, limit: usize) -> PortResult<Vec<DeedEntry>> {
        let doing = "reading what was done about keys and webhooks";
        let (condition, values) = reach::lies_within("reach", within, 3)?;
        let sql =
            format!("SELECT id, state FROM deeds WHERE id < ?1 AND {condition} ORDER BY id DESC LIMIT ?2");
        let mut query = query(sql)
            .bind(before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        for value in values {
            query = query.bind(value);
        }
        let entry = |row: &Row| {
            Ok(DeedEntry {
                number: row.try_get::<i64>(0).doing(doing)?.unsigned_abs(),
                deed: json(row.try_get(1).doing(doing)?, "deeds", "state", "")?,
            })
        };
        query.fetch_all(&self.shared.reads).await.doing(doing)?.iter().map(entry).collect()
    }
}

/// Writes down what was done.
pub(super) async fn write(connection: &mut Connection, deed: &Deed) -> PortResult<()> {
    query("INSERT INTO deeds (reach, at, state) VALUES (?1, ?2, ?3)")
        .bind(reach::column(&deed.reach)?)
        .bind(micros(deed.at))
        .bind(to_json(deed)?)
        .execute(connection)
        .await
        .doing("storing what was done about a key, a webhook or an address")?;
    Ok(())
}
