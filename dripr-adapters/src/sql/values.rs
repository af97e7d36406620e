//! Statements over many rows: `… VALUES (?1, ?2), (?3, ?4) …`, in a few sizes, so that each is prepared once.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use super::connection::{Connection, Dialect, Ready, Value, query_ready};

/// Rows of one statement at most; it keeps the number of bound values far below every database's limit.
const LARGEST: usize = 64;

/// The statements of all shapes and sizes that were needed so far: the longest are some 10 KB.
static NEEDED: LazyLock<Mutex<Statements>> = LazyLock::new(Mutex::default);

/// By shape, how many rows, and for whom.
type Statements = HashMap<(Shape, usize, Dialect), Arc<Ready>>;

/// A statement that makes rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Many {
    /// What stands before `VALUES`.
    pub(super) before: &'static str,
    /// What stands after the rows.
    pub(super) after: &'static str,
    /// Values in a row.
    pub(super) columns: usize,
}

/// A statement that changes rows, each to values of its own. The first value of a row is its key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Change {
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    /// Groups of columns that are set, in the order of the values.
    pub(super) columns: &'static [&'static [&'static str]],
}

/// A statement of any number of rows. There are as many as there are constants.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Shape {
    Many(Many),
    Change(Change),
}

impl Shape {
    /// The statement for so many rows, put together once.
    fn ready(self, dialect: Dialect, rows: usize) -> Arc<Ready> {
        // A panic elsewhere leaves the map whole: each change is one insert.
        let mut needed = NEEDED.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = needed.entry((self, rows, dialect)).or_insert_with(|| {
            let sql = match self {
                Self::Many(many) => many.sql(dialect, rows),
                Self::Change(change) => change.sql(dialect, rows),
            };
            Arc::new(Ready::of(&sql, dialect))
        });
        ready.clone()
    }
}

/// The values of a row under construction.
pub(super) struct RowValues<'q>(Vec<Value<'q>>);

impl<'q> RowValues<'q> {
    /// The next value of the row.
    pub(super) fn bind(&mut self, value: impl Into<Value<'q>>) -> &mut Self {
        self.0.push(value.into());
        self
    }
}

impl Many {
    /// Executes the statement for all rows; `bind` gives the values of one.
    pub(super) async fn execute<'q, T>(
        &self,
        connection: &mut Connection,
        rows: &'q [T],
        bind: impl Fn(&mut RowValues<'q>, &'q T),
    ) -> Result<(), sqlx::Error> {
        for some in sizes(rows) {
            let statement = Shape::Many(*self).ready(connection.dialect(), some.len());
            run(connection, statement, some, &bind).await?;
        }
        Ok(())
    }

    fn sql(&self, dialect: Dialect, rows: usize) -> String {
        let mut sql =
            String::with_capacity(self.before.len() + self.after.len() + rows * (self.columns * 5 + 3));
        sql.push_str(self.before);
        sql.push_str(" VALUES ");
        tuples(&mut sql, dialect, rows, self.columns);
        sql.push_str(self.after);
        sql
    }
}

impl Change {
    /// Executes the statement for all rows; `bind` gives the values of one.
    pub(super) async fn execute<'q, T>(
        &self,
        connection: &mut Connection,
        rows: &'q [T],
        bind: impl Fn(&mut RowValues<'q>, &'q T),
    ) -> Result<(), sqlx::Error> {
        for some in sizes(rows) {
            let statement = Shape::Change(*self).ready(connection.dialect(), some.len());
            run(connection, statement, some, &bind).await?;
        }
        Ok(())
    }

    pub(super) fn sql(&self, dialect: Dialect, rows: usize) -> String {
        let Self { table, key, columns } = self;
        let set: Vec<String> = columns
            .iter()
            .copied()
            .flatten()
            .enumerate()
            .map(|(at, column)| format!("{column} = v.column{}", at + 2))
            .collect();
        let width = set.len() + 1;
        let set = set.join(", ");
        if dialect.has_value_tables() {
            let mut sql = format!("UPDATE {table} SET {set} FROM (VALUES ");
            tuples(&mut sql, dialect, rows, width);
            return sql + &format!(") AS v WHERE {table}.{key} = v.column1");
        }
        let named: Vec<String> = (1..=width).map(|at| format!("?{at} AS column{at}")).collect();
        let mut sql = format!("UPDATE {table} JOIN (SELECT {}", named.join(", "));
        for row in 1..rows {
            let values: Vec<String> = (1..=width).map(|at| format!("?{}", row * width + at)).collect();
            sql.push_str(" UNION ALL SELECT ");
            sql.push_str(&values.join(","));
        }
        sql + &format!(") AS v ON {table}.{key} = v.column1 SET {set}")
    }
}

/// Powers of two: any number of rows is made of a few statements that were prepared before.
fn sizes<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let size = if rest.len() >= LARGEST { LARGEST } else { 1 << rest.len().checked_ilog2()? };
        let (now, later) = rest.split_at(size);
        rest = later;
        Some(now)
    })
}

async fn run<'q, T>(
    connection: &mut Connection,
    statement: Arc<Ready>,
    rows: &'q [T],
    bind: impl Fn(&mut RowValues<'q>, &'q T),
) -> Result<(), sqlx::Error> {
    let mut values = RowValues(Vec::new());
    for row in rows {
        bind(&mut values, row);
    }
    query_ready(statement).with(values.0).execute(connection).await.map(drop)
}

fn tuples(sql: &mut String, dialect: Dialect, rows: usize, columns: usize) {
    let numbered = !dialect.locks_whole();
    let mut value = 0;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..columns {
            value += 1;
            sql.push_str(if column == 0 { "?" } else { ",?" });
            if numbered {
                sql.push_str(&value.to_string());
            }
        }
        sql.push(')');
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_put_together_once_for_each_size() {
        let many = Many { before: "INSERT INTO t (a, b)", after: "", columns: 2 };
        let other = Many { after: " ON CONFLICT (a) DO NOTHING", ..many };
        let of = |many: Many, rows| Shape::Many(many).ready(Dialect::Sqlite, rows);
        assert!(Arc::ptr_eq(&of(many, 2), &of(many, 2)));
        assert!(!Arc::ptr_eq(&of(many, 2), &of(many, 4)));
        assert!(!Arc::ptr_eq(&of(many, 2), &of(other, 2)));
    }
}
