//! Connecting, and looking whether all that is mapped is there.

use std::{collections::BTreeMap, str::FromStr, sync::Arc};

use dripr_core::errors::{Fault, PortError, PortResult};
use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::super::connection::{Limits, Patience, within};
use super::{
    super::{
        connection::{Connection, Dialect, query},
        error::While,
    },
    Mapping, Table,
};

/// How long a page of these tables may take to be read. No index need be there for how it is asked for.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const LONGEST_READ: std::time::Duration = std::time::Duration::from_secs(600);

/// The tables of an older deployment, read and never written.
pub struct LegacyTables {
    pub(super) connection: Connection,
    pub(super) mapping: Arc<Mapping>,
    pub(super) shapes: BTreeMap<&'static str, Shape>,
}

/// How a table is read.
pub(super) struct Shape {
    /// Its name, quoted.
    pub(super) table: String,
    /// The fields whose columns are there.
    pub(super) fields: Vec<(&'static str, Column)>,
}

/// A column that is there.
pub(super) struct Column {
    /// Its name, quoted.
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// What a column's values are compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Uuid,
    Text,
}

impl LegacyTables {
    /// Connects, and looks whether all tables and columns are there that must be or that the mapping names.
    ///
    /// `mysql://user:password@host:port/database` for MySQL and MariaDB, `postgres://…` for PostgreSQL, `sqlite://path`.
    /// A user who may only read is enough.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] if the URL is none, the server does not let the user in, or the mapping names what is not
    /// there; [`Fault::Unavailable`] if the server does not answer.
    pub async fn open(url: &SecretString, mapping: Mapping) -> PortResult<Self> {
        mapping.check().map_err(|error| PortError::new(Fault::Misconfigured, error.to_string()))?;
        let mut connection = connect(url).await?;
        let mut shapes = BTreeMap::new();
        for table in Table::ALL {
            shapes.insert(table.as_str(), shape(&mut connection, table, &mapping).await?);
        }
        let mut tables = Self { connection, mapping: Arc::new(mapping), shapes };
        for table in Table::ALL {
            tables.check_key(table).await?;
        }
        Ok(tables)
    }

    /// Ends the connection.
    pub async fn close(self) {
        self.connection.close().await;
    }
}

async fn connect(url: &SecretString) -> PortResult<Connection> {
    let text = url.expose_secret().trim();
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let doing = "connecting to the older deployment";
    // The URL is not shown, for what it may hold.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    let limits = Limits::of(LONGEST_READ);
    let unreadable =
        |_| PortError::new(Fault::Misconfigured, format!("the {scheme} URL of the older deployment is none"));
    match scheme {
        #[cfg(feature = "sqlite")]
        "sqlite" => {
            let options = sqlx::sqlite::SqliteConnectOptions::from_str(text).map_err(unreadable)?;
            let options = options.read_only(true).create_if_missing(false).disable_statement_logging();
            Ok(Connection::Sqlite(options.connect().await.doing(doing)?, true))
        }
        #[cfg(feature = "postgres")]
        "postgres" | "postgresql" => {
            let options = sqlx::postgres::PgConnectOptions::from_str(text).map_err(unreadable)?;
            let options = options.disable_statement_logging();
            let mut connection = within(limits.connecting(), options.connect()).await.doing(doing)?;
            let session =
                "SET default_transaction_read_only = on; SET TIME ZONE 'UTC'; SET datestyle = 'ISO'";
            sqlx::raw_sql(session).execute(&mut connection).await.doing(doing)?;
            Ok(Connection::Postgres(connection, Patience::new(limits)))
        }
        #[cfg(feature = "mysql")]
        "mysql" | "mariadb" => {
            let options = sqlx::mysql::MySqlConnectOptions::from_str(text).map_err(unreadable)?;
            let options = options.charset("utf8mb4").disable_statement_logging();
            let mut connection = within(limits.connecting(), options.connect()).await.doing(doing)?;
            let session = "SET SESSION TRANSACTION READ ONLY; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
                           SET time_zone = '+00:00'";
            sqlx::raw_sql(session).execute(&mut connection).await.doing(doing)?;
            Ok(Connection::MySql(connection, Patience::new(limits)))
        }
        _ => Err(PortError::new(
            Fault::Misconfigured,
            "the URL of the older deployment must begin with mysql://, postgres:// or sqlite://, of those this program is \
             built with",
        )),
    }
}

/// A name that can be nothing but a name.
fn quoted(dialect: Dialect, name: &str) -> String {
    match dialect {
        #[cfg(feature = "mysql")]
        Dialect::MySql => format!("`{name}`"),
        #[cfg(any(feature = "sqlite", feature = "postgres"))]
        _ => format!("\"{name}\""),
    }
}

async fn shape(connection: &mut Connection, table: Table, mapping: &Mapping) -> PortResult<Shape> {
    let dialect = connection.dialect();
    let of = mapping.of(table);
    let name = of.table(table);
    let there = columns(connection, &name).await?;
    let misconfigured = |message: String| PortError::new(Fault::Misconfigured, message);
    if there.is_empty() {
        return Err(misconfigured(format!(
            "{}.table: the older deployment has no table {name:?}",
            table.as_str()
        )));
    }
    let mut fields = Vec::new();
    for field in table.all_fields() {
        let column = of.column(field.name);
        let found = there.iter().find(|(known, _)| known == column);
        match found {
            Some((_, kind)) => {
                fields.push((field.name, Column { name: quoted(dialect, column), kind: *kind }));
            }
            None => {
                let named = of.columns.contains_key(field.name);
                if named || (field.required && !of.defaults.contains_key(field.name)) {
                    return Err(misconfigured(format!(
                        "{}.columns.{}: the table {name:?} has no column {column:?}",
                        table.as_str(),
                        field.name
                    )));
                }
            }
        }
    }
    Ok(Shape { table: quoted(dialect, &name), fields })
}

/// A table's columns, and what each is compared as.
async fn columns(connection: &mut Connection, table: &str) -> PortResult<Vec<(String, Kind)>> {
    let sql = match connection.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => "SELECT name, type FROM pragma_table_info(?1)",
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            "SELECT column_name::text, data_type::text FROM information_schema.columns \
             WHERE table_name = ?1 AND table_schema = current_schema()"
        }
        #[cfg(feature = "mysql")]
        Dialect::MySql => {
            "SELECT CAST(column_name AS CHAR), CAST(data_type AS CHAR) FROM information_schema.columns \
             WHERE table_name = ?1 AND table_schema = DATABASE()"
        }
    };
    let doing = "looking at the columns of the older deployment";
    let rows = query(sql).bind(table).fetch_all(connection).await.doing(doing)?;
    rows.iter()
        .map(|row| {
            let (name, kind): (String, String) = (row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?);
            let kind = match kind.to_ascii_lowercase() {
                kind if kind.contains("int") || kind.contains("serial") => Kind::Number,
                kind if kind == "uuid" => Kind::Uuid,
                _ => Kind::Text,
            };
            Ok((name, kind))
        })
        .collect()
}
