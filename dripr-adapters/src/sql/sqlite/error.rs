//! What SQLite says, sorted.

use dripr_core::errors::{Fault, PortError, PortResult};

/// Primary result codes of SQLite that ask for something else than another try.
mod code {
    pub(super) const PERM: i32 = 3;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READONLY: i32 = 8;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const CONSTRAINT: i32 = 19;
    pub(super) const NOTADB: i32 = 26;
}

/// The primary result code, if SQLite gave one.
fn primary(error: &sqlx::Error) -> Option<i32> {
    let extended: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// Whether somebody else holds the file's write lock, so that the whole transaction is worth another try.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(primary(error), Some(code::BUSY | code::LOCKED))
}

/// Sorts an error by whose fault it is; `doing` completes "while …".
pub(super) fn sorted(error: sqlx::Error, doing: &str) -> PortError {
    let (fault, message) = match primary(&error) {
        Some(code::BUSY | code::LOCKED) => {
            (Fault::Unavailable, format!("another program kept the database locked while {doing}"))
        }
        Some(code::FULL) => {
            (Fault::Misconfigured, format!("the disk is full: nothing was stored while {doing}"))
        }
        Some(code::READONLY | code::PERM) => {
            (Fault::Misconfigured, format!("the database cannot be written to while {doing}"))
        }
        Some(code::CANTOPEN) => {
            (Fault::Misconfigured, format!("the database file cannot be opened while {doing}"))
        }
        Some(code::IOERR) => (Fault::Misconfigured, format!("the disk failed while {doing}")),
        Some(code::CORRUPT) => (Fault::Corrupt, format!("the database file is damaged, found while {doing}")),
        Some(code::NOTADB) => {
            (Fault::Corrupt, format!("the file is not an SQLite database, found while {doing}"))
        }
        Some(code::CONSTRAINT) => {
            (Fault::Invalid, format!("a rule of the database was broken while {doing}"))
        }
        _ => match &error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) => {
                (Fault::Corrupt, format!("a stored value has the wrong type, found while {doing}"))
            }
            _ => (Fault::Unavailable, format!("the database failed while {doing}")),
        },
    };
    PortError::new(fault, message).caused_by(error)
}

/// A stored value that cannot be read, by table, column and row.
pub(super) fn corrupt(
    table: &'static str,
    column: &'static str,
    row: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> PortError {
    PortError::new(Fault::Corrupt, format!("{table}.{column} of row {row:?} cannot be read"))
        .caused_by(source)
}

/// Names what was being done when SQLite failed.
pub(super) trait While<T> {
    /// Sorts the error; `doing` completes "while …".
    fn doing(self, doing: &str) -> PortResult<T>;
}

impl<T> While<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &str) -> PortResult<T> {
        self.map_err(|error| sorted(error, doing))
    }
}
