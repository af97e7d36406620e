//! MySQL and MariaDB.

use std::{str::FromStr, sync::Arc};

use dripr_core::errors::{Fault, PortError, PortResult};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, MySqlConnection, Row,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};

use super::{
    super::{
        ServerOptions, SqlStore,
        arrivals::{Arrivals, Hearing, Told},
        bans,
        connection::{Connecting, Dialect, LONGEST_SILENCE, Limits, MYSQL_SESSION, Pool, Trust, within},
        error::{While, sorted},
        external_ids, maker,
        migrations::{Hindrance, bring_up_to_date, located},
        options::Writing,
        writer::Writer,
    },
    STATEMENTS, unreadable, writing,
};

/// The ends of five indexes, each by itself, since what some of them are of goes again: the newest deliveries of both kinds, the
/// newest message to webhooks, what came back last, which may tell of something older than that, and what was done last about a
/// webhook, as replaying or changing it.
const NEWEST: &str = "SELECT CONCAT_WS(':', coalesce((SELECT max(id) FROM queue_deliveries), 0), \
     coalesce((SELECT max(event) FROM outbox), 0), coalesce((SELECT max(at) FROM webhook_messages), 0), \
     coalesce((SELECT max(seq) FROM feedback), 0), coalesce((SELECT max(id) FROM deeds), 0))";

/// How long it is waited for another process that migrates, in seconds.
const LONGEST_MIGRATION: u32 = 600;

impl SqlStore {
    /// Opens a database of a MySQL or MariaDB server, after migrating it.
    ///
    /// `mysql://user:password@host:port/database`, with `ssl-mode=VERIFY_IDENTITY` and the like as MySQL's clients have
    /// them. The user must be allowed to create tables in it.
    ///
    /// Must be called on a tokio runtime with its timers and its network on; the writing tasks live there.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] if the URL is none or the server does not let the user in; [`Fault::Unavailable`] if it does
    /// not answer; [`Fault::Corrupt`] if the schema is of a newer version.
    pub async fn mysql(url: &SecretString, options: ServerOptions) -> PortResult<Self> {
        let connecting = connecting(url)?;
        let shown = shown(&connecting);
        located(opened(connecting, options).await, &shown)
    }

    /// Brings the schema of a MySQL or MariaDB database up to date, and nothing else. One that was interrupted goes on.
    ///
    /// # Errors
    /// As for [`SqlStore::mysql`].
    pub async fn migrate_mysql(url: &SecretString) -> PortResult<()> {
        let connecting = connecting(url)?;
        let shown = shown(&connecting);
        located(migrate(&connecting).await, &shown)
    }
}

fn connecting(url: &SecretString) -> PortResult<MySqlConnectOptions> {
    let connecting = MySqlConnectOptions::from_str(url.expose_secret());
    let connecting =
        connecting.map_err(|_| unreadable("MySQL or MariaDB (mysql://user:password@host/database)"))?;
    Ok(connecting
        .charset("utf8mb4")
        .collation("utf8mb4_bin")
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging())
}

fn shown(connecting: &MySqlConnectOptions) -> String {
    let database = connecting.get_database().unwrap_or_default();
    format!("{database} at {}:{}", connecting.get_host(), connecting.get_port())
}

async fn migrate(connecting: &MySqlConnectOptions) -> PortResult<()> {
    let connected = within(Limits::of(LONGEST_SILENCE).connecting(), connecting.connect());
    let mut connection = connected.await.doing("connecting to it")?;
    sqlx::raw_sql(MYSQL_SESSION).execute(&mut connection).await.doing("connecting to it")?;
    let migrated = match take_turn(&mut connection).await {
        Ok(()) => migrated(&mut connection).await,
        Err(error) => Err(error),
    };
    // The connection was only for this; a failure to close it cannot hurt.
    let _ = connection.close().await;
    migrated
}

/// One process at a time. The lock is the connection's, and ends with it. sqlx takes one too, but waits for it by a time-out
/// of -1, for which MariaDB gives none.
async fn take_turn(connection: &mut MySqlConnection) -> PortResult<()> {
    let doing = "waiting for its turn to bring the schema up to date";
    let sql = format!("SELECT GET_LOCK(CONCAT('dripr ', MD5(database())), {LONGEST_MIGRATION})");
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(connection).await.doing(doing)?;
    if row.try_get::<Option<i64>, _>(0).doing(doing)? == Some(1) {
        return Ok(());
    }
    let message =
        format!("another process has been bringing its schema up to date for {LONGEST_MIGRATION} seconds");
    Err(PortError::new(Fault::Unavailable, message))
}

async fn migrated(connection: &mut MySqlConnection) -> PortResult<()> {
    let doing = "bringing its schema up to date";
    let mut interrupted = false;
    loop {
        match bring_up_to_date(&mut *connection, Dialect::MySql).await {
            Ok(()) => return Ok(()),
            // Each part of a migration may be run again. It is, once: nobody else runs it now.
            Err(Hindrance::Interrupted) if !interrupted => {
                interrupted = true;
                let sql = "DELETE FROM _sqlx_migrations WHERE success = FALSE";
                sqlx::raw_sql(sql).execute(&mut *connection).await.doing(doing)?;
            }
            Err(Hindrance::Interrupted) => {
                let message = "a migration of its schema was interrupted, and again when it was repeated";
                return Err(PortError::new(Fault::Unavailable, message));
            }
            Err(Hindrance::Database(error)) => return Err(sorted(error, doing)),
            Err(Hindrance::Final(error)) => return Err(error),
        }
    }
}

async fn opened(options: MySqlConnectOptions, how: ServerOptions) -> PortResult<SqlStore> {
    migrate(&options).await?;
    let limits = Limits::of(how.longest_silence);
    let trust = Trust::default();
    let trusted = trust.clone();
    let reads = MySqlPoolOptions::new()
        .max_connections(how.readers.max(1))
        .acquire_timeout(limits.connecting())
        .min_connections(0)
        .after_connect(|connection, _| {
            Box::pin(async move { sqlx::raw_sql(MYSQL_SESSION).execute(connection).await.map(drop) })
        })
        .test_before_acquire(false)
        .before_acquire(move |connection, lay| {
            let trusted = trusted.holds(lay.idle_for);
            Box::pin(async move {
                if !trusted {
                    within(limits.ping(), connection.ping()).await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options.clone());
    let arrivals = Arc::new(Arrivals::default());
    let looking = Connecting::MySql(options.clone(), limits.of_looks());
    let connecting = Connecting::MySql(options, limits);
    let mut connections = writing(&connecting, how.writers).await?;
    let mut left = Vec::new();
    if let Some(first) = connections.first_mut() {
        maker::fill_in(first).await?;
        external_ids::take_away_left(first).await?;
        left = bans::left(first).await?;
    }
    let hearing = Hearing::by_looking(looking, arrivals.clone(), NEWEST);
    let how = Writing::new(how.durable, how.group, how.queues);
    let writer = Writer::spawn(&connecting, connections, how, &arrivals, &Told::Nothing);
    bans::end(&writer, left).await?;
    Ok(SqlStore::of(Pool::MySql(reads, trust, limits), writer, arrivals, Some(hearing)))
}
