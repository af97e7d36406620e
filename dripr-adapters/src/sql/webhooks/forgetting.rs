//! Forgetting old messages, portion by portion.
//!
//! A server that says nothing for two minutes is given up. What it could not delete in that time it would be asked to delete again,
//! and more of it, for ever; and whoever writes beside would wait for it meanwhile.

use dripr_core::{errors::PortResult, schedule::Instant};

use super::STORING;
use crate::sql::{
    SqlStore,
    connection::{Connection, query},
    error::While,
    instant::micros,
};

/// How many rows are forgotten in one transaction.
const PORTION: i64 = 2_000;

/// What has an age: deliveries first, so that whatever is interrupted leaves messages that are found again.
const AGEING: [&str; 2] = ["webhook_deliveries", "webhook_messages"];

impl SqlStore {
    /// Forgets all that is older than an instant: how many messages.
    pub(super) async fn forget_older(&self, before: Instant) -> PortResult<u64> {
        let mut forgotten = 0;
        for table in AGEING {
            forgotten = 0;
            loop {
                let (some, were_last) = self
                    .shared
                    .writer
                    .call_repeatable(move |transaction| {
                        Box::pin(forget_portion(transaction.connection, table, micros(before), PORTION))
                    })
                    .await?;
                forgotten += some;
                if were_last {
                    break;
                }
            }
        }
        Ok(forgotten)
    }
}

/// Forgets a portion of a table's rows that are older than an instant: how many, and whether these were the last.
async fn forget_portion(
    connection: &mut Connection,
    table: &str,
    before: i64,
    portion: i64,
) -> PortResult<(u64, bool)> {
    let sql = format!("SELECT at, id FROM {table} WHERE at < ?1 ORDER BY at, id LIMIT 1 OFFSET ?2");
    let looking = query(sql).bind(before).bind(portion);
    let first_kept = looking.fetch_optional(&mut *connection).await.doing(STORING)?;
    let Some(row) = first_kept else {
        let rest = query(format!("DELETE FROM {table} WHERE at < ?1")).bind(before);
        return Ok((rest.execute(connection).await.doing(STORING)?, true));
    };
    let (at, id): (i64, &str) = (row.try_get(0).doing(STORING)?, row.try_get(1).doing(STORING)?);
    let sql = format!("DELETE FROM {table} WHERE at <= ?1 AND (at < ?1 OR id < ?2)");
    let gone = query(sql).bind(at).bind(id).execute(connection).await.doing(STORING)?;
    Ok((gone, false))
}

#[cfg(all(test, feature = "sqlite"))]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::sql::SqliteOptions;

    async fn store(folder: &tempfile::TempDir) -> SqlStore {
        SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap()
    }

    /// Messages of some ages.
    async fn add(store: &SqlStore, sql: &'static str) {
        let adding = store.shared.writer.call(move |transaction| {
            Box::pin(async move { query(sql).execute(&mut *transaction.connection).await.doing(STORING) })
        });
        adding.await.unwrap();
    }

    async fn count(store: &SqlStore) -> i64 {
        let counting = query("SELECT count(*) FROM webhook_messages").fetch_one(&store.shared.reads);
        counting.await.unwrap().try_get(0).unwrap()
    }

    #[tokio::test]
    async fn old_messages_are_forgotten_in_portions() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        add(
            &store,
            "INSERT INTO webhook_messages (id, at, state) \
             VALUES ('a', 1, ''), ('b', 1, ''), ('c', 1, ''), ('d', 2, ''), ('e', 5, '')",
        )
        .await;
        let mut portions = Vec::new();
        for _ in 0..3 {
            let portion = store.shared.writer.call(|transaction| {
                Box::pin(forget_portion(transaction.connection, "webhook_messages", 5, 2))
            });
            portions.push(portion.await.unwrap());
        }
        assert_eq!(portions, [(2, false), (2, true), (0, true)]);
        assert_eq!(count(&store).await, 1, "what is not older stays");
    }

    #[tokio::test]
    async fn all_that_is_old_is_forgotten_by_several_transactions() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        add(
            &store,
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4001) \
             INSERT INTO webhook_messages (id, at, state) SELECT 'm' || n, 1, '' FROM n",
        )
        .await;
        let before = store.commits();
        let now: Instant = "2026-03-12T15:00:00Z".parse().unwrap();
        assert_eq!(store.forget_older(now).await.unwrap(), 4_001);
        assert_eq!(count(&store).await, 0);
        assert_eq!(store.commits() - before, 4, "three for messages, and one that finds no deliveries");
    }

    #[tokio::test]
    async fn what_is_old_is_found_by_its_age() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        for table in AGEING {
            for sql in [
                format!("SELECT at, id FROM {table} WHERE at < 5 ORDER BY at, id LIMIT 1 OFFSET 2"),
                format!("DELETE FROM {table} WHERE at <= 5 AND (at < 5 OR id < 'x')"),
            ] {
                let explain = query(format!("EXPLAIN QUERY PLAN {sql}"));
                let rows = explain.fetch_all(&store.shared.reads).await.unwrap();
                let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
                let by_age = format!("{table}_by_age");
                assert!(plan.len() == 1 && plan[0].contains(&by_age), "{sql}: {plan:?}");
            }
        }
    }
}
