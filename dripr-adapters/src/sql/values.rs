//! Statements over many rows: `… VALUES (?1, ?2), (?3, ?4) …`, in a few sizes, so that each is prepared once.

use super::connection::{Connection, Dialect, Value, query};

/// Rows of one statement at most; it keeps the number of bound values far below every database's limit.
const LARGEST: usize = 64;

/// A statement that makes rows.
pub(super) struct Many {
    /// What stands before `VALUES`.
    pub(super) before: &'static str,
    /// What stands after the rows.
    pub(super) after: &'static str,
    /// Values in a row.
    pub(super) columns: usize,
}

/// A statement that changes rows, each to values of its own. The first value of a row is its key.
pub(super) struct Change {
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    /// Groups of columns that are set, in the order of the values.
    pub(super) columns: &'static [&'static [&'static str]],
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
            run(connection, self.sql(connection.dialect(), some.len()), some, &bind).await?;
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
            run(connection, self.sql(connection.dialect(), some.len()), some, &bind).await?;
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
    sql: String,
    rows: &'q [T],
    bind: impl Fn(&mut RowValues<'q>, &'q T),
) -> Result<(), sqlx::Error> {
    let mut values = RowValues(Vec::new());
    for row in rows {
        bind(&mut values, row);
    }
    query(sql).with(values.0).execute(connection).await.map(drop)
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
