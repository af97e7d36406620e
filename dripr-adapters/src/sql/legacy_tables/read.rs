//! Rows in pages, ordered by key: no lock is held and memory stays small, however many there are.

use std::fmt::Write as _;

use dripr_core::errors::{Fault, PortError, PortResult};

use super::{
    super::{
        connection::{Dialect, Query, Row, query},
        error::While,
    },
    LegacyRow, LegacyTables, Table,
    place::{Column, Kind, Shape},
    row::Value,
};

/// How many rows are read at once.
const PAGE: usize = 500;

/// How much of a value is read, in characters. No field takes so many.
const LONGEST: usize = 1000;

const DOING: &str = "reading the older deployment";

impl LegacyTables {
    /// The rows after a key, ordered by key, some hundred at once; none at the end of the table.
    ///
    /// # Errors
    /// The database's.
    pub async fn page(&mut self, table: Table, after: Option<&str>) -> PortResult<Vec<LegacyRow>> {
        self.rows(table, None, after).await
    }

    /// The same, of rows whose field has one of these values; those that it cannot have are passed over.
    ///
    /// # Errors
    /// The database's.
    pub async fn page_of(
        &mut self,
        table: Table,
        field: &'static str,
        values: &[&str],
        after: Option<&str>,
    ) -> PortResult<Vec<LegacyRow>> {
        self.rows(table, Some((field, values)), after).await
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// The database's.
    pub async fn count(&mut self, table: Table) -> PortResult<u64> {
        let sql = match self.shapes.get(table.as_str()) {
            Some(shape) => format!("SELECT count(*) FROM {}", shape.table),
            None => return Ok(0),
        };
        let row = query(sql).fetch_one(&mut self.connection).await.doing(DOING)?;
        Ok(u64::try_from(row.try_get::<i64>(0).doing(DOING)?).unwrap_or(0))
    }

    /// Looks whether a table's key is one: pages are ordered by it, and rows of one key could fall between two of them.
    pub(super) async fn check_key(&mut self, table: Table) -> PortResult<()> {
        let Some((shape, key)) = self.key(table) else { return Ok(()) };
        let sql = format!("SELECT count(*) - count(DISTINCT {}) FROM {}", key.name, shape.table);
        let row = query(sql).fetch_one(&mut self.connection).await.doing(DOING)?;
        if row.try_get::<i64>(0).doing(DOING)? == 0 {
            return Ok(());
        }
        let column = self.mapping.of(table).column("id");
        let message =
            format!("{}.columns.id: {column:?} is not a key: rows share values or have none", table.as_str());
        Err(PortError::new(Fault::Misconfigured, message))
    }

    fn key(&self, table: Table) -> Option<(&Shape, &Column)> {
        let shape = self.shapes.get(table.as_str())?;
        shape.fields.iter().find(|(field, _)| *field == "id").map(|(_, column)| (shape, column))
    }

    async fn rows(
        &mut self,
        table: Table,
        of: Option<(&'static str, &[&str])>,
        after: Option<&str>,
    ) -> PortResult<Vec<LegacyRow>> {
        let dialect = self.connection.dialect();
        let Some((shape, key)) = self.key(table) else { return Ok(Vec::new()) };
        let mut sql = String::from("SELECT ");
        for (at, (_, column)) in shape.fields.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(sql, "{comma}{}", as_text(dialect, &column.name));
        }
        let mut statement = Statement { sql, bound: Vec::new() };
        let _ = write!(statement.sql, " FROM {} WHERE 1 = 1", shape.table);
        if let Some((field, values)) = of {
            let Some((_, column)) = shape.fields.iter().find(|(name, _)| *name == field) else {
                return Ok(Vec::new());
            };
            let fitting: Vec<Bound> = values.iter().filter_map(|value| fit(column.kind, value)).collect();
            if fitting.is_empty() {
                return Ok(Vec::new());
            }
            let _ = write!(statement.sql, " AND {} IN (", column.name);
            for (at, value) in fitting.into_iter().enumerate() {
                statement.sql.push_str(if at > 0 { ", " } else { "" });
                statement.value(dialect, column.kind, value);
            }
            statement.sql.push(')');
        }
        if let Some(after) = after {
            let value = fit(key.kind, after).ok_or_else(|| {
                PortError::new(Fault::Corrupt, format!("the key {after:?} of {} has two types", shape.table))
            })?;
            let _ = write!(statement.sql, " AND {} > ", key.name);
            statement.value(dialect, key.kind, value);
        }
        let _ = write!(statement.sql, " ORDER BY {} LIMIT {PAGE}", key.name);
        let rows = statement.query().fetch_all(&mut self.connection).await.doing(DOING)?;
        let Some(shape) = self.shapes.get(table.as_str()) else { return Ok(Vec::new()) };
        rows.iter()
            .map(|row| {
                let mut read = LegacyRow::new(self.mapping.clone(), table, []);
                for (at, (field, _)) in shape.fields.iter().enumerate() {
                    if let Some(value) = value(row, at)? {
                        read.values.insert(field, value);
                    }
                }
                Ok(read)
            })
            .collect()
    }
}

/// A value that a column can be compared with.
enum Bound {
    Number(i64),
    Text(String),
}

/// A value as a column of a kind can have it; `None` if it cannot.
fn fit(kind: Kind, value: &str) -> Option<Bound> {
    match kind {
        Kind::Number => value.parse().ok().map(Bound::Number),
        Kind::Uuid => {
            let uuid = value.len() == 36 && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
            uuid.then(|| Bound::Text(value.to_owned()))
        }
        Kind::Text => Some(Bound::Text(value.to_owned())),
    }
}

/// A statement that grows.
struct Statement {
    sql: String,
    bound: Vec<Bound>,
}

impl Statement {
    fn value(&mut self, dialect: Dialect, kind: Kind, value: Bound) {
        self.bound.push(value);
        let number = self.bound.len();
        let _ = match (dialect, kind) {
            #[cfg(feature = "postgres")]
            (Dialect::Postgres, Kind::Uuid) => write!(self.sql, "CAST(?{number} AS uuid)"),
            _ => write!(self.sql, "?{number}"),
        };
    }

    fn query(self) -> Query<'static> {
        self.bound.into_iter().fold(query(self.sql), |query, value| match value {
            Bound::Number(number) => query.bind(number),
            Bound::Text(text) => query.bind(text),
        })
    }
}

/// A column's value as text, cut.
fn as_text(dialect: Dialect, column: &str) -> String {
    match dialect {
        // As bytes, so that a value that is no UTF-8 fails alone.
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => format!("CAST(substr(CAST({column} AS TEXT), 1, {LONGEST}) AS BLOB)"),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => format!("substr(CAST({column} AS text), 1, {LONGEST})"),
        #[cfg(feature = "mysql")]
        Dialect::MySql => format!("CAST(substr({column}, 1, {LONGEST}) AS CHAR)"),
    }
}

fn value(row: &Row, at: usize) -> PortResult<Option<Value>> {
    #[cfg(feature = "sqlite")]
    if matches!(row, Row::Sqlite(_)) {
        let bytes: Option<Vec<u8>> = row.try_get(at).doing(DOING)?;
        return Ok(bytes.map(|bytes| String::from_utf8(bytes).map_or(Value::NotText, Value::Text)));
    }
    let text: Option<String> = row.try_get(at).doing(DOING)?;
    Ok(text.map(Value::Text))
}
