//! Connections that a pool lent, and how they come back.
//!
//! A pool asks each connection on its way back whether it is still open, keeps its place meanwhile, and waits for the answer for as
//! long as the system does. So it is not left alone with one whose server may have vanished.

use sqlx::{Connection as _, Database, pool::PoolConnection};

use super::{Limits, Trust, within};

/// A connection that a pool lent. One that is dropped before it was answered is closed, whoever stopped waiting for it: it is in the
/// middle of something, and the next answer there could be that to the question before.
///
/// Its place stays taken until the server has answered, for the server does not hear of the end before that, and works on: who asks and
/// hangs up again and again would have it do more and more at once. But not for longer than [`Limits::ping`]: a server that vanished
/// never answers, and who asks next is not to wait for that.
pub(super) struct Lent<DB: Database> {
    /// There until it is given back or closed.
    connection: Option<PoolConnection<DB>>,
    limits: Limits,
}

impl<DB: Database> Lent<DB> {
    pub(super) fn new(connection: PoolConnection<DB>, limits: Limits) -> Self {
        Self { connection: Some(connection), limits }
    }

    /// What is asked.
    pub(super) fn connection(&mut self) -> Result<&mut DB::Connection, sqlx::Error> {
        self.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Gives it back after an answer. Nobody waits for that; one that says no more on its way loses its place soon.
    pub(super) fn give_back(mut self, trust: &Trust) {
        let Some(mut connection) = self.connection.take() else { return };
        let (back, trust, longest) = (connection.return_to_pool(), trust.clone(), self.limits.ping());
        tokio::spawn(async move {
            if tokio::time::timeout(longest, back).await.is_err() {
                trust.broke();
            }
        });
    }

    /// Closes one that is closed already, or said nothing for too long: there is no answer to wait for.
    pub(super) fn close(mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        // The pool waits five seconds at most for that.
        connection.close_on_drop();
    }
}

impl<DB: Database> Drop for Lent<DB> {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        connection.close_on_drop();
        let longest = self.limits.ping();
        tokio::spawn(async move {
            // Whatever comes of it, the connection is closed with the end of this.
            let _ = within(longest, connection.ping()).await;
        });
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

    fn limits() -> Limits {
        Limits::of(Duration::from_secs(60))
    }

    async fn mark(lent: &mut Lent<Sqlite>) {
        sqlx::raw_sql("CREATE TEMP TABLE marked (id TEXT)")
            .execute(lent.connection().unwrap())
            .await
            .unwrap();
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
        let mut lent = Lent::new(pool.acquire().await.unwrap(), limits());
        mark(&mut lent).await;
        lent.give_back(&Trust::default());
        assert!(comes_back(&pool).await);
    }

    #[tokio::test]
    async fn one_that_nobody_waits_for_any_more_does_not() {
        let pool = pool();
        let mut lent = Lent::new(pool.acquire().await.unwrap(), limits());
        mark(&mut lent).await;
        drop(lent);
        assert!(!comes_back(&pool).await);
    }

    #[tokio::test]
    async fn nor_does_one_that_is_closed() {
        let pool = pool();
        let mut lent = Lent::new(pool.acquire().await.unwrap(), limits());
        mark(&mut lent).await;
        lent.close();
        assert!(!comes_back(&pool).await);
    }
}
