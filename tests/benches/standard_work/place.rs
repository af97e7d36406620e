//! An empty database for each case, and a server's own counts.

use std::{env, path::PathBuf, str::FromStr, sync::Arc};

use dripr_adapters::{
    redis::{Redis, RedisOptions, RedisQueue},
    sql::{Queues, ServerOptions, SqlStore, SqliteOptions},
};
use dripr_core::ports::Probe;
use dripr_tests::Failure;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection, Row, SqliteConnection};
use tempfile::TempDir;

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    MySql,
}

/// Where the queues are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    Beside,
    Redis,
}

impl FromStr for Kind {
    type Err = Failure;
    fn from_str(name: &str) -> Result<Self, Failure> {
        match name {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" => Ok(Self::Postgres),
            "mysql" => Ok(Self::MySql),
            other => Err(format!("--store is one of sqlite, postgres and mysql, not {other:?}").into()),
        }
    }
}

impl FromStr for Queue {
    type Err = Failure;
    fn from_str(name: &str) -> Result<Self, Failure> {
        match name {
            "beside" => Ok(Self::Beside),
            "redis" => Ok(Self::Redis),
            other => Err(format!("--queue is one of beside and redis, not {other:?}").into()),
        }
    }
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MySql];

    /// As it is called on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }

    fn server(self) -> Result<String, Failure> {
        let (variable, default) = match self {
            Self::Sqlite => return Err("SQLite has no server".into()),
            Self::Postgres => ("DRIPR_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres"),
            Self::MySql => ("DRIPR_TEST_MYSQL", "mysql://root@127.0.0.1:3306/mysql"),
        };
        Ok(env::var(variable).unwrap_or_else(|_| default.to_owned()))
    }

    /// What answers, in its own words.
    pub(crate) async fn version(self) -> Result<String, Failure> {
        match self {
            Self::Sqlite => {
                let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
                let row = sqlx::query("SELECT sqlite_version()").fetch_one(&mut connection).await?;
                Ok(format!("SQLite {}", row.try_get::<String, _>(0)?))
            }
            Self::Postgres => {
                let mut connection = PgConnection::connect(&self.server()?).await?;
                let row = sqlx::query("SHOW server_version").fetch_one(&mut connection).await?;
                Ok(format!("PostgreSQL {}", row.try_get::<String, _>(0)?))
            }
            Self::MySql => {
                let mut connection = MySqlConnection::connect(&self.server()?).await?;
                let row = sqlx::query("SELECT version()").fetch_one(&mut connection).await?;
                Ok(row.try_get::<String, _>(0)?)
            }
        }
    }
}

impl Queue {
    /// As it is called on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Beside => "beside",
            Self::Redis => "redis",
        }
    }

    /// Whether there is one.
    pub(crate) async fn answers(self) -> Result<(), Failure> {
        match self {
            Self::Beside => Ok(()),
            Self::Redis => Ok(redis("dripr-bench:")?.probe().await.map(drop)?),
        }
    }
}

fn redis(prefix: &str) -> Result<Redis, Failure> {
    let address = env::var("DRIPR_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379/0".to_owned());
    let mut options = RedisOptions::new(address);
    options.prefix = prefix.to_owned();
    Ok(Redis::new(options)?)
}

/// A database of its own.
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) queue: Queue,
    name: String,
    folder: TempDir,
}

impl Place {
    pub(crate) async fn new(kind: Kind, queue: Queue) -> Result<Self, Failure> {
        let place = Self {
            kind,
            queue,
            name: format!("dripr_bench_{}", std::process::id()),
            folder: tempfile::tempdir()?,
        };
        if kind != Kind::Sqlite {
            let server = kind.server()?;
            say(kind, &server, &format!("DROP DATABASE IF EXISTS {}", place.name)).await?;
            say(kind, &server, &format!("CREATE DATABASE {}", place.name)).await?;
            if kind == Kind::Postgres {
                // Without it statements are not counted.
                let _ = place.say("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await;
            }
        }
        Ok(place)
    }

    /// A file beside the database.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn url(&self) -> Result<String, Failure> {
        if self.kind == Kind::Sqlite {
            return Ok(format!("sqlite://{}", self.path("dripr.db").display()));
        }
        let server = self.kind.server()?;
        let (server, _) = server.rsplit_once('/').ok_or("the server's URL names no database")?;
        Ok(format!("{server}/{}", self.name))
    }

    /// The store, as it is opened in earnest: all that is answered is on the disk.
    pub(crate) async fn open(&self) -> Result<SqlStore, Failure> {
        let queues = if self.queue == Queue::Beside { Queues::Beside } else { Queues::Elsewhere };
        let mut options = ServerOptions::default();
        options.queues = queues;
        Ok(match self.kind {
            Kind::Sqlite => {
                let mut options = SqliteOptions::default();
                options.queues = queues;
                SqlStore::sqlite(self.path("dripr.db"), options).await?
            }
            Kind::Postgres => SqlStore::postgres(&self.url()?.into(), options).await?,
            Kind::MySql => SqlStore::mysql(&self.url()?.into(), options).await?,
        })
    }

    pub(crate) fn redis(&self) -> Result<Arc<RedisQueue>, Failure> {
        Ok(Arc::new(RedisQueue::new(redis(&format!("{}:", self.name))?)))
    }

    pub(crate) async fn say(&self, sql: &str) -> Result<(), Failure> {
        say(self.kind, &self.url()?, sql).await
    }

    /// How many statements the server has answered; `None` where nobody counts.
    pub(crate) async fn statements(&self) -> Option<u64> {
        match self.kind {
            Kind::Sqlite => None,
            Kind::Postgres => {
                let mut connection = PgConnection::connect(&self.url().ok()?).await.ok()?;
                let sql = "SELECT sum(calls)::bigint FROM pg_stat_statements WHERE dbid = \
                           (SELECT oid FROM pg_database WHERE datname = current_database())";
                let row = sqlx::query(sql).fetch_one(&mut connection).await.ok()?;
                row.try_get::<i64, _>(0).ok()?.try_into().ok()
            }
            Kind::MySql => {
                let mut connection = MySqlConnection::connect(&self.url().ok()?).await.ok()?;
                let sql = "SHOW GLOBAL STATUS LIKE 'Questions'";
                let row = sqlx::raw_sql(sql).fetch_one(&mut connection).await.ok()?;
                row.try_get::<String, _>(1).ok()?.parse().ok()
            }
        }
    }

    /// Moves what is in SQLite's log into its file, so that the file's size says something.
    pub(crate) async fn checkpoint(&self) -> Result<(), Failure> {
        if self.kind == Kind::Sqlite { self.say("PRAGMA wal_checkpoint(TRUNCATE)").await } else { Ok(()) }
    }

    /// The bytes of the database's file; `None` for a server.
    pub(crate) fn bytes(&self) -> Option<u64> {
        if self.kind != Kind::Sqlite {
            return None;
        }
        std::fs::metadata(self.path("dripr.db")).ok().map(|file| file.len())
    }

    /// Takes everything away.
    pub(crate) async fn remove(self) -> Result<(), Failure> {
        let forced = if self.kind == Kind::Postgres { " WITH (FORCE)" } else { "" };
        if self.kind != Kind::Sqlite {
            say(self.kind, &self.kind.server()?, &format!("DROP DATABASE {}{forced}", self.name)).await?;
        }
        Ok(())
    }
}

async fn say(kind: Kind, url: &str, sql: &str) -> Result<(), Failure> {
    let sql = AssertSqlSafe(sql.to_owned());
    match kind {
        Kind::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await?;
            sqlx::raw_sql(sql).execute(&mut connection).await?;
            connection.close().await?;
        }
        Kind::Postgres => {
            sqlx::raw_sql(sql).execute(&mut PgConnection::connect(url).await?).await?;
        }
        Kind::MySql => {
            sqlx::raw_sql(sql).execute(&mut MySqlConnection::connect(url).await?).await?;
        }
    }
    Ok(())
}
