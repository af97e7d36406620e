//! A statement with its values.

use std::borrow::Cow;

use sqlx::AssertSqlSafe;

use super::{Connection, Dialect, Pool, Row};

/// A value of a statement. Each knows its type also where it is NULL.
#[derive(Clone)]
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

/// A statement, written as [`Dialect`] says.
pub(in crate::sql) struct Query<'q> {
    sql: Cow<'q, str>,
    values: Vec<Value<'q>>,
}

/// A statement without its values.
pub(in crate::sql) fn query<'q>(sql: impl Into<Cow<'q, str>>) -> Query<'q> {
    Query { sql: sql.into(), values: Vec::new() }
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
        let (sql, order) = $dialect.translate(&$query.sql);
        let mut bound = sqlx::query(AssertSqlSafe(sql.into_owned()));
        let values = $query.values;
        let ordered: Vec<_> = match order {
            Some(order) => order.into_iter().filter_map(|at| values.get(at).cloned()).collect(),
            None => values,
        };
        for value in ordered {
            bound = match value {
                Value::Int(value) => bound.bind(value),
                Value::Text(value) => bound.bind(value.map(|text| $dialect.text(text))),
                Value::Bytes(value) => bound.bind(value),
                Value::Flag(value) => bound.bind(value),
            };
        }
        bound
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
            On::Connection(Connection::Postgres(connection)) => {
                let $done = bound!($query, Dialect::Postgres).$way(connection).await?;
                #[allow(unused_variables, reason = "not every way gives rows")]
                let $row = Row::Postgres;
                $then
            }
            #[cfg(feature = "postgres")]
            On::Pool(Pool::Postgres(pool)) => {
                let $done = bound!($query, Dialect::Postgres).$way(pool).await?;
                #[allow(unused_variables, reason = "not every way gives rows")]
                let $row = Row::Postgres;
                $then
            }
            #[cfg(feature = "mysql")]
            On::Connection(Connection::MySql(connection)) => {
                let $done = bound!($query, Dialect::MySql).$way(connection).await?;
                #[allow(unused_variables, reason = "not every way gives rows")]
                let $row = Row::MySql;
                $then
            }
            #[cfg(feature = "mysql")]
            On::Pool(Pool::MySql(pool)) => {
                let $done = bound!($query, Dialect::MySql).$way(pool).await?;
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
