//! What is wrong with a row.

use std::fmt;

use serde::Serialize;

/// How much of a faulty value is repeated, in characters.
const SHOWN: usize = 80;

/// What is wrong with a row of an older deployment. The row is left out, the others are taken.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// The table, by its own name.
    pub table: String,
    /// The row's key.
    pub key: String,
    /// The column at fault, by its own name.
    pub column: String,
    /// What it has there, cut to its first characters.
    pub value: String,
    /// What is wrong with it.
    pub reason: String,
}

impl RowProblem {
    pub(super) fn new(table: &str, key: &str, column: &str, value: &str, reason: impl ToString) -> Self {
        let cut = |text: &str| text.chars().take(SHOWN).collect();
        Self {
            table: table.to_owned(),
            key: cut(key),
            column: column.to_owned(),
            value: cut(value),
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, key, column, value, reason } = self;
        write!(f, "{table} {key:?}: {column} {value:?}: {reason}")
    }
}

/// Values are personal data, which stays out of logs.
impl fmt::Debug for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowProblem")
            .field("table", &self.table)
            .field("key", &self.key)
            .field("column", &self.column)
            .finish_non_exhaustive()
    }
}
