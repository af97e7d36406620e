//! Connections that a pool lent, and how they come back.
//!
//! A pool asks each connection on its way back whether it is still open, keeps its place meanwhile, and waits for the answer for as
//! long as the system does. So it is not left alone with one whose server may have vanished.

use sqlx::{Database, pool::PoolConnection};

use super::{Limits, Trust};

/// A connection that a pool lent. One that is dropped before it was answered is closed, whoever stopped waiting for it: asked on its
/// way back, it would say nothing either.
pub(super) struct Lent<DB: Database> {
    pub(super) connection: PoolConnection<DB>,
    answered: bool,
}

impl<DB: Database> Lent<DB> {
    pub(super) fn new(connection: PoolConnection<DB>) -> Self {
        Self { connection, answered: false }
    }

    /// Gives it back after an answer. Nobody waits for that; one that says no more on its way loses its place soon.
    pub(super) fn give_back(mut self, trust: &Trust, limits: Limits) {
        self.answered = true;
        let (back, trust) = (self.connection.return_to_pool(), trust.clone());
        tokio::spawn(async move {
            if tokio::time::timeout(limits.ping(), back).await.is_err() {
                trust.broke();
            }
        });
    }
}

impl<DB: Database> Drop for Lent<DB> {
    fn drop(&mut self) {
        if !self.answered {
            // The pool waits five seconds at most for that.
            self.connection.close_on_drop();
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::time::Duration;

    use sqlx::{
        Sqlite, SqlitePool,
        sqlite::{SqliteConnectOptions, SqlitePoolOptions},
    };

    use super::*;

    /// One connection at most, to a database of its own that is gone with it.
    fn pool() -> SqlitePool {
        SqlitePoolOptions::new()
            .max_connections(1)
            .min_connections(0)
            .connect_lazy_with(SqliteConnectOptions::new().in_memory(true))
    }

    async fn mark(lent: &mut Lent<Sqlite>) {
        sqlx::raw_sql("CREATE TEMP TABLE marked (id TEXT)").execute(&mut *lent.connection).await.unwrap();
    }

    /// Whether the next that the pool lends is the one that was marked.
    async fn comes_back(pool: &SqlitePool) -> bool {
        let mut next = pool.acquire().await.unwrap();
        let known = "SELECT 1 FROM sqlite_temp_master WHERE name = 'marked'";
        sqlx::query(known).fetch_optional(&mut *next).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn one_that_answered_comes_back() {
        let pool = pool();
        let mut lent = Lent::new(pool.acquire().await.unwrap());
        mark(&mut lent).await;
        lent.give_back(&Trust::default(), Limits::of(Duration::from_secs(60)));
        assert!(comes_back(&pool).await);
    }

    #[tokio::test]
    async fn one_that_nobody_waits_for_any_more_does_not() {
        let pool = pool();
        let mut lent = Lent::new(pool.acquire().await.unwrap());
        mark(&mut lent).await;
        drop(lent);
        assert!(!comes_back(&pool).await);
    }
}
