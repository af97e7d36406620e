//! What was wrong with which row.

use std::fmt;

/// How many row errors are kept word for word; beyond that they are only counted.
pub const KEPT_ERRORS: usize = 100;

/// How much of a faulty value is repeated, in characters.
const SHOWN: usize = 60;

/// One row that was not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The line of the file on which the row begins, the header being line 1.
    pub row: u64,
    /// The field at fault, in our words; `row` when it is the row itself.
    pub field: &'static str,
    /// The value as the file has it, cut to its first characters.
    pub value: String,
    /// What would have been right.
    pub expected: &'static str,
}

impl RowError {
    pub(super) fn new(row: u64, field: &'static str, value: &str, expected: &'static str) -> Self {
        Self { row, field, value: value.chars().take(SHOWN).collect(), expected }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {} {:?}: expected {}", self.row, self.field, self.value, self.expected)
    }
}

/// How the reading of a file went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowReport {
    /// Rows that were taken.
    pub taken: u64,
    /// Rows that are sound but not of the kind asked for, such as an active listing in a sales file.
    pub left_out: u64,
    /// Rows with an error, all of them.
    pub rejected: u64,
    /// The first [`KEPT_ERRORS`] errors.
    pub errors: Vec<RowError>,
}

impl RowReport {
    pub(super) fn reject(&mut self, error: RowError) {
        self.rejected += 1;
        if self.errors.len() < KEPT_ERRORS {
            self.errors.push(error);
        }
    }
}

impl fmt::Display for RowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows taken, {} left out, {} rejected", self.taken, self.left_out, self.rejected)
    }
}
