//! A connection, whichever of the three databases is at its other end.
//!
//! | file | what is in it |
//! |---|---|
//! | `dialect` | what one SQL text is in each of them |
//! | `lent` | how what a pool lent comes back |
//! | `patience` | how long a server is waited for |
//! | `query` | a statement with its values |
//! | `row` | what comes back |
//! | `trust` | which idle connections are taken for open |

mod dialect;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod lent;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod patience;
mod query;
mod row;
mod trust;

#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) use self::patience::{LONGEST_SILENCE, Limits, Patience, within};
pub(super) use self::{
    dialect::Dialect,
    query::{On, Query, Ready, Value, query, query_ready},
    row::Row,
    trust::Trust,
};

use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _};

use super::error::Said;

/// One connection.
pub(super) enum Connection {
    /// To a file; with whether commits are synced to the disk at present.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqliteConnection, bool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgConnection, Patience),
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlConnection, Patience),
}

/// Connections for reading, and for nothing else: what was asked of one that was closed meanwhile is asked of another.
pub(super) enum Pool {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool, Trust, Limits),
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlPool, Trust, Limits),
}

/// How a connection is made.
#[derive(Clone)]
pub(super) enum Connecting {
    /// With whether commits are synced.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::sqlite::SqliteConnectOptions, bool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgConnectOptions, Limits),
    #[cfg(feature = "mysql")]
    MySql(sqlx::mysql::MySqlConnectOptions, Limits),
}

/// What a new connection to PostgreSQL is told: a program that hangs must not hold up all the others, and each statement goes
/// by the index that was made for it, also in a table whose statistics are those of a time when it was empty. What it is
/// given decides nothing about that, so it is planned once. From PostgreSQL 14 on one that runs on Linux looks every five seconds whether
/// whoever asked is still there, and ends what nobody waits for; elsewhere it would take that for a mistake.
#[cfg(feature = "postgres")]
pub(super) const POSTGRES_SESSION: &str = "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'; \
     SET client_min_messages = 'warning'; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
     SET enable_bitmapscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan; \
     SELECT set_config(name, '5s', false) FROM pg_settings \
     WHERE name = 'client_connection_check_interval' AND version() LIKE '%linux%'";

/// What a new connection to MySQL or MariaDB is told: each statement sees what was committed before it, a value that does
/// not fit is an error, and a program that hangs must not hold up all the others. MariaDB alone can be told to end a transaction in
/// which nothing comes; to MySQL that is a comment.
#[cfg(feature = "mysql")]
pub(super) const MYSQL_SESSION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
     SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), innodb_lock_wait_timeout = 10 \
     /*M!100300 , idle_transaction_timeout = 60 */";

impl Connecting {
    /// A connection, ready to work with.
    pub(super) fn open(&self) -> BoxFuture<'_, Result<Connection, sqlx::Error>> {
        async move {
            match self {
                #[cfg(feature = "sqlite")]
                Self::Sqlite(options, synced) => Ok(Connection::Sqlite(options.connect().await?, *synced)),
                #[cfg(feature = "postgres")]
                Self::Postgres(options, limits) => {
                    let connecting = async {
                        let mut connection = options.connect().await?;
                        sqlx::raw_sql(POSTGRES_SESSION).execute(&mut connection).await?;
                        Ok(connection)
                    };
                    let connection = within(limits.connecting(), connecting).await?;
                    Ok(Connection::Postgres(connection, Patience::new(*limits)))
                }
                #[cfg(feature = "mysql")]
                Self::MySql(options, limits) => {
                    let connecting = async {
                        let mut connection = options.connect().await?;
                        sqlx::raw_sql(MYSQL_SESSION).execute(&mut connection).await?;
                        Ok(connection)
                    };
                    let connection = within(limits.connecting(), connecting).await?;
                    Ok(Connection::MySql(connection, Patience::new(*limits)))
                }
            }
        }
        .boxed()
    }
}

impl Pool {
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(..) => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            Self::MySql(..) => Dialect::MySql,
        }
    }

    /// Takes no more questions, and returns when all earlier ones are answered. A server is waited for no longer than for an answer.
    pub(super) async fn close(&self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(pool, _, limits) => limits.ending(pool.close()).await,
            #[cfg(feature = "mysql")]
            Self::MySql(pool, _, limits) => limits.ending(pool.close()).await,
        }
    }
}

impl Connection {
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(..) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(..) => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            Self::MySql(..) => Dialect::MySql,
        }
    }

    /// A number that other connections' commits change and this one's do not; only SQLite has one.
    pub(super) async fn data_version(&mut self) -> Result<Option<i64>, sqlx::Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(..) => query("PRAGMA data_version").fetch_one(self).await?.try_get(0).map(Some),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Ok(None),
        }
    }

    /// Begins a transaction. `synced`: its commit is on the disk when it is answered, where that can be chosen for one
    /// transaction alone.
    pub(super) async fn begin(&mut self, synced: bool) -> Result<(), sqlx::Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection, now) => {
                if *now != synced {
                    let pragma =
                        if synced { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" };
                    sqlx::query(pragma).execute(&mut *connection).await?;
                    *now = synced;
                }
                // The lock is taken at once: a transaction that read first could be refused when it comes to writing.
                sqlx::query("BEGIN IMMEDIATE").execute(connection).await?;
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, patience) => {
                let begin = if synced { "BEGIN" } else { "BEGIN; SET LOCAL synchronous_commit = off" };
                patience.with(sqlx::raw_sql(begin).execute(connection)).await?;
            }
            #[cfg(feature = "mysql")]
            Self::MySql(connection, patience) => {
                patience.with(sqlx::raw_sql("BEGIN").execute(connection)).await?;
            }
        }
        Ok(())
    }

    /// Commits, after saying something, where the database takes several statements at once. If that fails, nothing is committed.
    pub(super) async fn commit(&mut self, saying: Option<String>) -> Result<(), sqlx::Error> {
        match (self, saying) {
            #[cfg(feature = "postgres")]
            (Self::Postgres(connection, patience), Some(saying)) => {
                let both = AssertSqlSafe(saying + "; COMMIT");
                patience.with(sqlx::raw_sql(both).execute(connection)).await.map(drop)
            }
            (connection, _) => connection.say("COMMIT").await,
        }
    }

    pub(super) async fn roll_back(&mut self) -> Result<(), sqlx::Error> {
        self.say("ROLLBACK").await
    }

    async fn say(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection, _) => sqlx::query(sql).execute(connection).await.map(drop),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, patience) => {
                patience.with(sqlx::raw_sql(sql).execute(connection)).await.map(drop)
            }
            #[cfg(feature = "mysql")]
            Self::MySql(connection, patience) => {
                patience.with(sqlx::raw_sql(sql).execute(connection)).await.map(drop)
            }
        }
    }

    /// Whether it is of no use any more, because its server said nothing for too long. It is not even asked to roll back: once it is
    /// closed, or found closed, the server does that by itself.
    pub(super) fn is_silent(&self) -> bool {
        match self {
            // A file is there or fails.
            #[cfg(feature = "sqlite")]
            Self::Sqlite(..) => false,
            #[cfg(feature = "postgres")]
            Self::Postgres(_, patience) => patience.is_over(),
            #[cfg(feature = "mysql")]
            Self::MySql(_, patience) => patience.is_over(),
        }
    }

    /// Whether an error at a commit says that nothing was committed.
    pub(super) fn refused(&self, error: &sqlx::Error) -> bool {
        match self.dialect() {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => true,
            // What the server answered is an answer. A connection that broke gave none.
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Said::of(error).is_some(),
        }
    }

    pub(super) async fn close(self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection, _) => {
                // What was answered is stored already; closing only tidies up.
                let _ = connection.close().await;
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, patience) => patience.end_with(connection.close()).await,
            #[cfg(feature = "mysql")]
            Self::MySql(connection, patience) => patience.end_with(connection.close()).await,
        }
    }
}
