//! PostgreSQL.

use std::{net::IpAddr, str::FromStr, sync::Arc};

use dripr_core::errors::PortResult;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};

use super::{
    super::{
        ServerOptions, SqlStore,
        arrivals::{Arrivals, Hearing, Told},
        bans,
        connection::{
            Connecting, Dialect, LONGEST_SILENCE, Limits, POSTGRES_SESSION, Pool, Trust, query, within,
        },
        error::{While, sorted},
        external_ids,
        listening::{Channel, Line},
        maker,
        migrations::{Hindrance, bring_up_to_date, located},
        options::Writing,
        writer::Writer,
    },
    STATEMENTS, unreadable, writing,
};

/// The longest name of a channel, in bytes.
const LONGEST_CHANNEL: usize = 63;

impl SqlStore {
    /// Opens a database of a PostgreSQL server, after migrating it.
    ///
    /// `postgres://user:password@host:port/database`, with `sslmode=verify-full` and the like as libpq has them;
    /// `options=-csearch_path%3Dname` for a schema of its own. The user must be allowed to create tables in it. To a server on
    /// the same machine (`localhost`, `127.0.0.1`, `[::1]`) no TLS is spoken unless the URL demands it: what does not leave
    /// the machine needs none, and statements of many TLS records would wait 40 ms for each other there, until sqlx turns
    /// off Nagle's algorithm again (sqlx issue 4335).
    ///
    /// Must be called on a tokio runtime with its timers and its network on; the writing tasks live there.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`](dripr_core::errors::Fault::Misconfigured) if the URL is none or the server does not let the
    /// user in; [`Fault::Unavailable`](dripr_core::errors::Fault::Unavailable) if it does not answer;
    /// [`Fault::Corrupt`](dripr_core::errors::Fault::Corrupt) if the schema is of a newer version.
    pub async fn postgres(url: &SecretString, options: ServerOptions) -> PortResult<Self> {
        let connecting = connecting(url)?;
        let shown = shown(&connecting);
        located(opened(connecting, options).await, &shown)
    }

    /// Brings the schema of a PostgreSQL database up to date, and nothing else.
    ///
    /// # Errors
    /// As for [`SqlStore::postgres`].
    pub async fn migrate_postgres(url: &SecretString) -> PortResult<()> {
        let connecting = connecting(url)?;
        let shown = shown(&connecting);
        located(migrate(&connecting).await, &shown)
    }
}

fn connecting(url: &SecretString) -> PortResult<PgConnectOptions> {
    let connecting = PgConnectOptions::from_str(url.expose_secret());
    let connecting =
        connecting.map_err(|_| unreadable("PostgreSQL (postgres://user:password@host/database)"))?;
    let optional = matches!(connecting.get_ssl_mode(), PgSslMode::Allow | PgSslMode::Prefer);
    let connecting = if optional && is_this_machine(connecting.get_host()) {
        connecting.ssl_mode(PgSslMode::Disable)
    } else {
        connecting
    };
    Ok(connecting.application_name("dripr").statement_cache_capacity(STATEMENTS).disable_statement_logging())
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn shown(connecting: &PgConnectOptions) -> String {
    let database = connecting.get_database().unwrap_or_default();
    format!("{database} at {}:{}", connecting.get_host(), connecting.get_port())
}

async fn migrate(connecting: &PgConnectOptions) -> PortResult<()> {
    let connected = within(Limits::of(LONGEST_SILENCE).connecting(), connecting.connect());
    let mut connection = connected.await.doing("connecting to it")?;
    sqlx::raw_sql(POSTGRES_SESSION).execute(&mut connection).await.doing("connecting to it")?;
    let migrated = bring_up_to_date(&mut connection, Dialect::Postgres).await;
    // The connection was only for this; a failure to close it cannot hurt.
    let _ = connection.close().await;
    migrated.map_err(|hindrance| match hindrance {
        Hindrance::Database(error) => sorted(error, "bringing its schema up to date"),
        Hindrance::Final(error) => error,
        #[cfg(feature = "mysql")]
        Hindrance::Interrupted => dripr_core::errors::PortError::new(
            dripr_core::errors::Fault::Corrupt,
            "a migration was interrupted, which PostgreSQL takes back",
        ),
    })
}

async fn opened(options: PgConnectOptions, how: ServerOptions) -> PortResult<SqlStore> {
    migrate(&options).await?;
    let limits = Limits::of(how.longest_silence);
    let trust = Trust::default();
    let trusted = trust.clone();
    let reads = PgPoolOptions::new()
        .max_connections(how.readers.max(1))
        .acquire_timeout(limits.connecting())
        .min_connections(0)
        .after_connect(|connection, _| {
            Box::pin(async move { sqlx::raw_sql(POSTGRES_SESSION).execute(connection).await.map(drop) })
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
    let connecting = Connecting::Postgres(options.clone(), limits);
    let mut connections = writing(&connecting, how.writers).await?;
    let doing = "listening to what it tells";
    let mut ours: Arc<str> = Arc::from("");
    let mut name: Arc<str> = Arc::from("dripr");
    let mut left = Vec::new();
    if let Some(first) = connections.first_mut() {
        maker::fill_in(first).await?;
        external_ids::take_away_left(first).await?;
        left = bans::left(first).await?;
        // By what a store knows its own: nothing that another process could have too, as it could the number of a connection that was
        // opened anew, or lies behind a pooler.
        let row =
            query("SELECT gen_random_uuid()::text, current_schema()").fetch_one(first).await.doing(doing)?;
        ours = Arc::from(row.try_get::<&str>(0).doing(doing)?);
        let mut named = format!("dripr_{}", row.try_get::<Option<&str>>(1).doing(doing)?.unwrap_or_default());
        while named.len() > LONGEST_CHANNEL {
            named.pop();
        }
        name = Arc::from(named);
    }
    // One connection that listens for as long as the store is there.
    let mut channel = Channel::new(options, name.clone());
    within(limits.connecting(), channel.open()).await.doing(doing)?;
    let hearing = Hearing::by_listening(channel, ours.clone(), arrivals.clone(), limits);
    let told = Told::Notification { channel: name, ours };
    let how = Writing::new(how.durable, how.group, how.queues);
    let writer = Writer::spawn(&connecting, connections, how, &arrivals, &told);
    bans::end(&writer, left).await?;
    Ok(SqlStore::of(Pool::Postgres(reads, trust, limits), writer, arrivals, Some(hearing)))
}
