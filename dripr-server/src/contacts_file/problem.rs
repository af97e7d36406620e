//! What can be wrong with a contacts file and with its rows.

use std::{fmt, io};

use dripr_core::{
    contact::ExternalId,
    email::{EmailAddress, SuppressionCause},
};
use serde::Serialize;

/// How much of a faulty value is repeated, in characters.
const SHOWN: usize = 80;

/// A file of which no row can be read, or not all.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// Missing, or damaged while reading.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// No header line.
    #[error("it is empty; a header line was expected")]
    Empty,
    /// A header line that cannot be read.
    #[error("its header line cannot be read: {0}")]
    Header(RowProblem),
    /// Hardly any row can be used.
    #[error(
        "reading stopped after {0} rows that cannot be used; mend what the first of them are refused for"
    )]
    TooManyRefused(u64),
    /// No column of addresses.
    #[error("it has no column of email addresses; its columns are {0}")]
    NoEmailColumn(String),
}

/// What is wrong with a row. The row is left out, the others are taken.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// The line on which the row begins; the header is line 1.
    pub row: u64,
    /// The field at fault, in dripr's words; `row` when it is the row itself.
    pub field: &'static str,
    /// What the file has there, cut to its first characters.
    pub value: String,
    /// What is wrong with it.
    pub reason: String,
    /// The person of the row and why, if it says that they want no mail: that counts although the row cannot be used.
    #[serde(skip)]
    pub wants_no_mail: Option<(EmailAddress, SuppressionCause)>,
    /// What the row calls its person, if that can be read.
    #[serde(skip)]
    pub external_id: Option<ExternalId>,
}

impl RowProblem {
    pub(crate) fn new(row: u64, field: &'static str, value: &str, reason: impl ToString) -> Self {
        let value = value.chars().take(SHOWN).collect();
        Self { row, field, value, reason: reason.to_string(), wants_no_mail: None, external_id: None }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {} {:?}: {}", self.row, self.field, self.value, self.reason)
    }
}

/// Values of a contacts file are personal data, which stays out of logs.
impl fmt::Debug for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowProblem")
            .field("row", &self.row)
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}
