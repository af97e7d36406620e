//! A statement with its values.

use std::{borrow::Cow, sync::Arc};

use sqlx::AssertSqlSafe;

use super::{Connection, Dialect, Pool, Row};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::{lent::Lent, patience::within};
use crate::sql::error::is_gone;

/// A value of a statement. Each knows its type also where it is NULL.
pub(in crate::sql) enum Value<'q> {
    Int(Option<i64>),
    Text(Option<Cow<'q, str>>),
    Bytes(&'q [u8]),
    Flag(bool),
}

macro_rules! values {
    ($($from:ty => |$value:ident| $to:expr;)*) => {$(
        impl<'q> From<$from> for Value<'q> {
            fn from($value: $from) -> Self {
                $to
            }
        }
    )*};
}

values! {
    i64 => |value| Value::Int(Some(value));
    Option<i64> => |value| Value::Int(value);
    &'q str => |value| Value::Text(Some(Cow::Borrowed(value)));
    String => |value| Value::Text(Some(Cow::Owned(value)));
    Option<&'q str> => |value| Value::Text(value.map(Cow::Borrowed));
    Option<String> => |value| Value::Text(value.map(Cow::Owned));
    &'q [u8] => |value| Value::Bytes(value);
    bool => |value| Value::Flag(value);
}

/// A statement.
pub(in crate::sql) struct Query<'q> {
    sql: Sql<'q>,
    values: Vec<Value<'q>>,
}

enum Sql<'q> {
    /// Written as [`Dialect`] says.
    Written(Cow<'q, str>),
    Ready(Arc<Ready>),
}

/// A statement in the words of one database, to be run many times.
pub(in crate::sql) struct Ready {
    sql: Arc<str>,
    /// Which value stands where, if values have no numbers.
    order: Option<Vec<usize>>,
}

impl Ready {
    /// A statement that is written as [`Dialect`] says.
    pub(in crate::sql) fn of(sql: &str, dialect: Dialect) -> Self {
        let (sql, order) = dialect.translate(sql);
        Self { sql: sql.into(), order }
    }
}

/// A statement without its values.
pub(in crate::sql) fn query<'q>(sql: impl Into<Cow<'q, str>>) -> Query<'q> {
    Query { sql: Sql::Written(sql.into()), values: Vec::new() }
}

/// A statement without its values, on a connection to the database that it is made for.
pub(in crate::sql) fn query_ready<'q>(statement: Arc<Ready>) -> Query<'q> {
    Query { sql: Sql::Ready(statement), values: Vec::new() }
}

/// Where a statement is run.
pub(in crate::sql) enum On<'c> {
    Connection(&'c mut Connection),
    Pool(&'c Pool),
}

impl<'c> From<&'c mut Connection> for On<'c> {
    fn from(connection: &'c mut Connection) -> Self {
        Self::Connection(connection)
    }
}

impl<'c> From<&'c Pool> for On<'c> {
    fn from(pool: &'c Pool) -> Self {
        Self::Pool(pool)
    }
}

/// The statement as sqlx has it, for the database of `$of`.
macro_rules! bound {
    ($query:expr, $dialect:expr) => {{
        let (sql, values) = $query.in_words_of($dialect);
        let mut bound = sqlx::query(AssertSqlSafe(sql));
        for value in values {
            bound = match value {
                Value::Int(value) => bound.bind(*value),
                Value::Text(value) => {
                    bound.bind(value.as_deref().map(|text| $dialect.text(Cow::Borrowed(text))))
                }
                Value::Bytes(value) => bound.bind(*value),
                Value::Flag(value) => bound.bind(*value),
            };
        }
        bound
    }};
}

/// What came of asking a pool: twice if the connection turned out to be closed, or said nothing for too long, since the other one is
/// looked at first.
#[cfg(any(feature = "postgres", feature = "mysql"))]
macro_rules! asked {
    ($query:expr, $dialect:expr, $way:ident, $pool:expr, $trust:expr, $limits:expr) => {{
        let mut first = true;
        loop {
            let mut lent = Lent::new($pool.acquire().await?, *$limits);
            let asked = bound!($query, $dialect).$way(lent.connection()?);
            match within($limits.answer(), asked).await {
                Err(error) if is_gone(&error) => {
                    lent.close();
                    $trust.broke();
                    if !first {
                        return Err(error);
                    }
                }
                done => {
                    lent.give_back($trust);
                    break done?;
                }
            }
            first = false;
        }
    }};
}

/// Runs the statement by one of sqlx's ways, and hands on what came of it.
macro_rules! run {
    ($query:expr, $on:expr, $way:ident, |$done:ident, $row:ident| $then:expr) => {
        match $on {
            #[cfg(feature = "sqlite")]
            On::Connection(Connection::Sqlite(connection, _)) => {
                let $done = bound!($query, Dialect::Sqlite).$way(connection).await?;
                #[allow(unused_variables, reason = "not every way gives rows")]
                let $row = Row::Sqlite;
                $then
            }
            #[cfg(feature = "sqlite")]
            On::Pool(Pool::Sqlite(pool)) => {
                let $done = bound!($query, Dialect::Sqlite).$way(pool).await?;
                #[allow(unused_variables, reason = "not every way gives rows")]
                let $row = Row::Sqlite;
                $then
            }
            #[cfg(feature = "postgres")]
            On::Connection(Connection::Postgres(connection, patience)) => {
                let $done = patience.with(bound!($query, Dialect::Postgres).$way(connection)).await?;
                #[allow(unused_variables, reason = "not every way gives rows")]
                let $row = Row::Postgres;
                $then
            }
            #[cfg(feature = "postgres")]
            On::Pool(Pool::Postgres(pool, trust, limits)) => {
                let $done = asked!($query, Dialect::Postgres, $way, pool, trust, limits);
                #[allow(unused_variables, reason = "not every way gives rows")]
                let $row = Row::Postgres;
                $then
            }
            #[cfg(feature = "mysql")]
            On::Connection(Connection::MySql(connection, patience)) => {
                let $done = patience.with(bound!($query, Dialect::MySql).$way(connection)).await?;
                #[allow(unused_variables, reason = "not every way gives rows")]
                let $row = Row::MySql;
                $then
            }
            #[cfg(feature = "mysql")]
            On::Pool(Pool::MySql(pool, trust, limits)) => {
                let $done = asked!($query, Dialect::MySql, $way, pool, trust, limits);
                #[allow(unused_variables, reason = "not every way gives rows")]
                let $row = Row::MySql;
                $then
            }
        }
    };
}

impl<'q> Query<'q> {
    /// The next value.
    pub(in crate::sql) fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Its text, and its values in the order in which they stand there.
    fn in_words_of(&self, dialect: Dialect) -> (Arc<str>, Vec<&Value<'q>>) {
        let translated;
        let ready: &Ready = match &self.sql {
            Sql::Written(sql) => {
                translated = Ready::of(sql, dialect);
                &translated
            }
            Sql::Ready(ready) => ready,
        };
        let values = match &ready.order {
            Some(order) => order.iter().filter_map(|at| self.values.get(*at)).collect(),
            None => self.values.iter().collect(),
        };
        (ready.sql.clone(), values)
    }

    /// All values at once.
    pub(in crate::sql) fn with(mut self, values: Vec<Value<'q>>) -> Self {
        self.values = values;
        self
    }

    pub(in crate::sql) async fn fetch_all<'c>(self, on: impl Into<On<'c>>) -> Result<Vec<Row>, sqlx::Error> {
        run!(self, on.into(), fetch_all, |rows, row| Ok(rows.into_iter().map(row).collect()))
    }

    pub(in crate::sql) async fn fetch_optional<'c>(
        self,
        on: impl Into<On<'c>>,
    ) -> Result<Option<Row>, sqlx::Error> {
        run!(self, on.into(), fetch_optional, |found, row| Ok(found.map(row)))
    }

    pub(in crate::sql) async fn fetch_one<'c>(self, on: impl Into<On<'c>>) -> Result<Row, sqlx::Error> {
        run!(self, on.into(), fetch_one, |found, row| Ok(row(found)))
    }

    /// Runs it, and gives how many rows it made, changed or took away.
    pub(in crate::sql) async fn execute<'c>(self, on: impl Into<On<'c>>) -> Result<u64, sqlx::Error> {
        run!(self, on.into(), execute, |done, row| Ok(done.rows_affected()))
    }
}
