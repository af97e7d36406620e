//! A database of its own for each test.

#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part of it, and fails by panicking")]

use std::{
    env,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use dripr_adapters::sql::{ServerOptions, SqlStore};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, Connection};

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    Postgres,
    MySql,
}

impl Server {
    fn url(self) -> String {
        let (variable, default) = match self {
            Self::Postgres => ("DRIPR_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres"),
            Self::MySql => ("DRIPR_TEST_MYSQL", "mysql://root@127.0.0.1:3306/mysql"),
        };
        env::var(variable).unwrap_or_else(|_| default.to_owned())
    }

    async fn say(self, url: &str, sql: String) {
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Postgres => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            }
            Self::MySql => {
                let mut connection = sqlx::MySqlConnection::connect(url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            }
        }
    }
}

/// All tables; before each stand those that refer to it.
const TABLES: [&str; 33] = [
    "memberships",
    "api_keys",
    "api_replies",
    "feedback",
    "email_messages",
    "message_bases",
    "cycle_content",
    "emails",
    "campaigns",
    "contacts",
    "agent_notices",
    "mail_accounts",
    "agent_customers",
    "users",
    "removed_accounts",
    "queue_deliveries",
    "dead_letters",
    "outbox",
    "campaign_events",
    "area_content",
    "suppressions",
    "blocked_addresses",
    "audit",
    "feedback_channels",
    "rate_limits",
    "store_checks",
    "alarms",
    "webhook_deliveries",
    "webhook_messages",
    "webhook_endpoints",
    "deeds",
    "import_lines",
    "imports",
];

/// A database that is gone when this is dropped.
pub(crate) struct Place {
    pub(crate) server: Server,
    name: String,
}

impl Place {
    pub(crate) async fn new(server: Server) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("dripr_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        server.say(&server.url(), format!("DROP DATABASE IF EXISTS {name}")).await;
        server.say(&server.url(), format!("CREATE DATABASE {name}")).await;
        Self { server, name }
    }

    pub(crate) fn url(&self) -> SecretString {
        let url = self.server.url();
        let (server, _) = url.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name).into()
    }

    /// Says something to the server, in this database.
    pub(crate) async fn say(&self, sql: String) {
        self.server.say(self.url().expose_secret(), sql).await;
    }

    /// A number that the server says, in this database.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let url = self.url();
        match self.server {
            Server::Postgres => {
                let mut connection = sqlx::PgConnection::connect(url.expose_secret()).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
            Server::MySql => {
                let mut connection = sqlx::MySqlConnection::connect(url.expose_secret()).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// Begins a transaction of somebody else's with some statements.
    pub(crate) async fn begin(&self, sql: &str) -> Open {
        let (url, sql) = (self.url(), AssertSqlSafe(format!("BEGIN; {sql}")));
        match self.server {
            Server::Postgres => {
                let mut connection = sqlx::PgConnection::connect(url.expose_secret()).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                Open::Postgres(connection)
            }
            Server::MySql => {
                let mut connection = sqlx::MySqlConnection::connect(url.expose_secret()).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                Open::MySql(connection)
            }
        }
    }

    /// Takes all rows away, where tables are there already: faster than another database.
    pub(crate) async fn empty(&self) {
        let rows = TABLES.map(|table| format!("DELETE FROM {table};")).concat();
        self.say(rows).await;
    }

    pub(crate) async fn open(&self, options: ServerOptions) -> SqlStore {
        match self.server {
            Server::Postgres => SqlStore::postgres(&self.url(), options).await.unwrap(),
            Server::MySql => SqlStore::mysql(&self.url(), options).await.unwrap(),
        }
    }
}

/// A transaction that is not committed yet.
pub(crate) enum Open {
    Postgres(sqlx::PgConnection),
    MySql(sqlx::MySqlConnection),
}

impl Open {
    pub(crate) async fn commit(self) {
        match self {
            Self::Postgres(mut connection) => {
                sqlx::raw_sql("COMMIT").execute(&mut connection).await.unwrap();
            }
            Self::MySql(mut connection) => {
                sqlx::raw_sql("COMMIT").execute(&mut connection).await.unwrap();
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (server, name) = (self.server, self.name.clone());
        let forced = if server == Server::Postgres { " WITH (FORCE)" } else { "" };
        let gone = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(server.say(&server.url(), format!("DROP DATABASE {name}{forced}")));
        });
        // A test that fails already says so itself.
        let _ = gone.join();
    }
}
