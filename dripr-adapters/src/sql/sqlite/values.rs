//! Statements over many rows: `… VALUES (?, ?), (?, ?) …`, in a few sizes, so that each is prepared once.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type, query::Query, sqlite::SqliteArguments};

/// Rows of one statement at most; it keeps the number of bound values far below SQLite's limit.
const LARGEST: usize = 64;

/// A statement with a place for rows.
pub(super) struct Many {
    /// What stands before `VALUES`.
    pub(super) before: &'static str,
    /// What stands after the rows.
    pub(super) after: &'static str,
    /// Values in a row.
    pub(super) columns: usize,
}

/// A statement under construction.
pub(super) struct Row<'q>(Option<Query<'q, Sqlite, SqliteArguments>>);

impl<'q> Row<'q> {
    /// The next value of the row.
    pub(super) fn bind<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> &mut Self {
        self.0 = self.0.take().map(|query| query.bind(value));
        self
    }
}

impl Many {
    /// Executes the statement for all rows; `bind` gives the values of one.
    pub(super) async fn execute<T>(
        &self,
        connection: &mut SqliteConnection,
        rows: &[T],
        bind: impl Fn(&mut Row<'_>, &T),
    ) -> Result<(), sqlx::Error> {
        let mut rest = rows;
        while !rest.is_empty() {
            // Powers of two: any number of rows is made of a few statements that were prepared before.
            let size = if rest.len() >= LARGEST { LARGEST } else { 1 << rest.len().ilog2() };
            let (now, later) = rest.split_at(size);
            let sql: Arc<str> = self.sql(size).into();
            let mut row = Row(Some(sqlx::query(AssertSqlSafe(sql))));
            for values in now {
                bind(&mut row, values);
            }
            if let Some(query) = row.0 {
                query.execute(&mut *connection).await?;
            }
            rest = later;
        }
        Ok(())
    }

    pub(super) fn sql(&self, rows: usize) -> String {
        let mut sql =
            String::with_capacity(self.before.len() + self.after.len() + rows * (self.columns * 2 + 3));
        sql.push_str(self.before);
        sql.push_str(" VALUES ");
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ",(" });
            for column in 0..self.columns {
                sql.push_str(if column == 0 { "?" } else { ",?" });
            }
            sql.push(')');
        }
        sql.push_str(self.after);
        sql
    }
}
