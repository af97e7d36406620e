//! The port for blocked addresses.

use async_trait::async_trait;
use dripr_core::{
    campaign::Actor,
    email::{Block, EmailAddress},
    errors::PortResult,
    ports::BlockStore,
    schedule::Instant,
};

use super::{
    SqlStore,
    connection::{Connection, On, Row, query},
    deeds,
    dossier::{json, row_place, to_json},
    error::While,
    instant::{AT_ONCE, micros},
};

const DOING: &str = "reading blocked addresses";

/// All live campaigns to an address are due at once, whichever agent's they are. By their contacts, which tell whose they are: an
/// index of campaigns by address alone would cost each new one something, for what is seldom done.
const WAKE: &str = "UPDATE campaigns SET due_at = ?1 FROM contacts AS k \
     WHERE k.address_key = ?2 AND k.deleted_at IS NULL AND campaigns.user_id = k.user_id \
     AND campaigns.address_key = k.address_key AND campaigns.deleted_at IS NULL";

#[async_trait]
impl BlockStore for SqlStore {
    async fn block(&self, block: Block) -> PortResult<bool> {
        self.shared
            .writer
            .call(move |transaction| {
                let block = block.clone();
                Box::pin(async move { add(transaction.connection, &block).await })
            })
            .await
    }

    async fn unblock(&self, address: &EmailAddress, by: Actor, at: Instant) -> PortResult<bool> {
        let key = address.key();
        self.shared
            .writer
            .call(move |transaction| {
                let (key, by) = (key.clone(), by.clone());
                Box::pin(async move { lift(transaction.connection, &key, by, at).await })
            })
            .await
    }

    async fn blocks(&self, after: Option<String>, limit: usize) -> PortResult<Vec<Block>> {
        let sql = "SELECT state FROM blocked_addresses WHERE address_key > ?1 ORDER BY address_key LIMIT ?2";
        let rows = query(sql)
            // No key is empty, so that all are greater than that.
            .bind(after.unwrap_or_default())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.shared.reads)
            .await
            .doing(DOING)?;
        rows.iter().map(|row| read(row, 0)).collect()
    }

    async fn block_of(&self, address: &EmailAddress) -> PortResult<Option<Block>> {
        known(&self.shared.reads, &address.key()).await
    }

    async fn blocked_among(&self, addresses: &[EmailAddress]) -> PortResult<Vec<Option<Block>>> {
        let mut found = vec![None; addresses.len()];
        if addresses.is_empty() {
            return Ok(found);
        }
        let keys: Vec<String> = addresses.iter().map(EmailAddress::key).collect();
        let sql = "SELECT wanted.nr, b.state FROM @list(?1: address_key text) AS wanted \
                   CROSS JOIN blocked_addresses AS b ON b.address_key = wanted.address_key";
        let query = query(sql).bind(to_json(&keys)?);
        for row in &query.fetch_all(&self.shared.reads).await.doing(DOING)? {
            let at: i64 = row.try_get(0).doing(DOING)?;
            if let Some(slot) = row_place(at).and_then(|at| found.get_mut(at)) {
                *slot = Some(read(row, 1)?);
            }
        }
        Ok(found)
    }
}

/// The block of an address, by its key.
pub(super) async fn known<'c>(on: impl Into<On<'c>>, key: &str) -> PortResult<Option<Block>> {
    let sql = "SELECT state FROM blocked_addresses WHERE address_key = ?1";
    let row = query(sql).bind(key).fetch_optional(on).await.doing(DOING)?;
    row.as_ref().map(|row| read(row, 0)).transpose()
}

fn read(row: &Row, column: usize) -> PortResult<Block> {
    json(row.try_get(column).doing(DOING)?, "blocked_addresses", "state", "")
}

/// A claim that holds a campaign is waited for when that campaign is woken, and one that comes later reads the block: so when this
/// is committed nothing is claimed any more.
async fn add(connection: &mut Connection, block: &Block) -> PortResult<bool> {
    let key = block.address.key();
    let sql = "INSERT INTO blocked_addresses (address_key, address, since, state) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (address_key) DO NOTHING";
    let stored = query(sql)
        .bind(key.as_str())
        .bind(block.address.as_str())
        .bind(micros(block.since))
        .bind(to_json(block)?)
        .execute(&mut *connection)
        .await
        .doing("blocking an address")?;
    if stored == 0 {
        return Ok(false);
    }
    deeds::write(connection, &block.making()).await?;
    wake(connection, &key).await?;
    Ok(true)
}

async fn lift(connection: &mut Connection, key: &str, by: Actor, at: Instant) -> PortResult<bool> {
    let doing = "unblocking an address";
    let sql = "SELECT state FROM blocked_addresses WHERE address_key = ?1@locked";
    let row = query(sql).bind(key).fetch_optional(&mut *connection).await.doing(doing)?;
    let Some(row) = row else { return Ok(false) };
    let block = read(&row, 0)?;
    query("DELETE FROM blocked_addresses WHERE address_key = ?1")
        .bind(key)
        .execute(&mut *connection)
        .await
        .doing(doing)?;
    deeds::write(connection, &block.lifting(by, at)).await?;
    wake(connection, key).await?;
    Ok(true)
}

async fn wake(connection: &mut Connection, key: &str) -> PortResult<()> {
    query(WAKE).bind(AT_ONCE).bind(key).execute(connection).await.doing("waking campaigns")?;
    Ok(())
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::sql::SqliteOptions;

    #[tokio::test]
    async fn campaigns_to_an_address_are_found_by_indexes() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let rows = query(format!("EXPLAIN QUERY PLAN {WAKE}")).fetch_all(&store.shared.reads).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
        let plan = plan.join("; ");
        assert!(plan.contains("INDEX contacts_of_an_address (address_key=?"), "{plan}");
        assert!(plan.contains("(user_id=? AND address_key=?"), "{plan}");
        assert!(!plan.contains("SCAN"), "{plan}");
    }
}
