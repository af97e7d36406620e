//! What a database says, sorted.

use std::{fmt, io};

use dripr_core::errors::{Fault, PortError, PortResult};

/// What a database's own code means to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// Somebody else is in the way: the whole transaction is worth another try.
    Contended,
    /// The same key came from elsewhere meanwhile: who reads again finds it.
    Taken,
    Full,
    ReadOnly,
    CannotOpen,
    DiskFailed,
    Damaged,
    NoDatabase,
    RuleBroken,
    NotAllowed,
    NotThere,
    /// It takes no more connections, ended this one, or is starting or stopping.
    Away,
    Other,
}

impl Said {
    /// What the database answered; `None` if it gave no answer.
    pub(super) fn of(error: &sqlx::Error) -> Option<Self> {
        let answer = error.as_database_error()?;
        #[cfg(feature = "sqlite")]
        if let Some(answer) = answer.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
            return Some(sqlite(sqlx::error::DatabaseError::code(answer)?.parse().ok()?));
        }
        #[cfg(feature = "postgres")]
        if let Some(answer) = answer.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
            return Some(postgres(answer.code()));
        }
        #[cfg(feature = "mysql")]
        if let Some(answer) = answer.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
            return Some(mysql(answer.number()));
        }
        let _ = answer;
        Some(Self::Other)
    }
}

/// The primary of SQLite's result codes: <https://www.sqlite.org/rescode.html>.
#[cfg(feature = "sqlite")]
fn sqlite(extended: i32) -> Said {
    match extended & 0xff {
        5 | 6 => Said::Contended,
        13 => Said::Full,
        3 | 8 => Said::ReadOnly,
        14 => Said::CannotOpen,
        10 => Said::DiskFailed,
        11 => Said::Damaged,
        26 => Said::NoDatabase,
        19 => Said::RuleBroken,
        _ => Said::Other,
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
#[cfg(feature = "postgres")]
fn postgres(code: &str) -> Said {
    match code {
        // Serialisation failure, deadlock, lock not available, ended because it was idle for too long.
        "40001" | "40P01" | "55P03" | "25P03" => Said::Contended,
        "23505" => Said::Taken,
        "53100" => Said::Full,
        "25006" => Said::ReadOnly,
        "58030" => Said::DiskFailed,
        "3D000" | "42P01" | "3F000" => Said::NotThere,
        "42501" => Said::NotAllowed,
        "53300" => Said::Away,
        "XX001" | "XX002" => Said::Damaged,
        _ if code.starts_with("23") || code.starts_with("22") => Said::RuleBroken,
        _ if code.starts_with("28") => Said::NotAllowed,
        _ if code.starts_with("57P") => Said::Away,
        _ => Said::Other,
    }
}

/// <https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html>
#[cfg(feature = "mysql")]
fn mysql(number: u16) -> Said {
    match number {
        // Lock wait timeout, deadlock, no lock without waiting, a row changed since it was read (MariaDB).
        1205 | 1213 | 3572 | 1020 => Said::Contended,
        1062 | 1586 => Said::Taken,
        1021 | 1114 => Said::Full,
        1290 | 1792 | 1836 => Said::ReadOnly,
        1030 => Said::DiskFailed,
        1049 | 1146 => Said::NotThere,
        1044 | 1045 | 1142 | 1227 | 1698 => Said::NotAllowed,
        1040 | 1053 | 1129 | 1203 | 1226 | 1927 | 4031 => Said::Away,
        // A value that is too long, of the wrong type or missing, and broken references.
        1048 | 1264 | 1265 | 1366 | 1406 | 1451 | 1452 => Said::RuleBroken,
        _ => Said::Other,
    }
}

/// Whether the whole transaction is worth another try at once, because somebody else was in its way.
pub(super) fn is_contended(error: &sqlx::Error) -> bool {
    Said::of(error) == Some(Said::Contended)
}

/// Whether the connection was closed, so that what only reads may be asked of another.
pub(super) fn is_gone(error: &sqlx::Error) -> bool {
    match Said::of(error) {
        Some(said) => said == Said::Away,
        // A server that ends a connection may say so out of turn.
        None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_)),
    }
}

/// Whether a key came from elsewhere while the transaction ran.
pub(super) fn is_taken(error: &PortError) -> bool {
    database_error(error).is_some_and(|source| Said::of(source) == Some(Said::Taken))
}

/// Whether a server said nothing for too long, by our patience or by the system's.
pub(super) fn said_nothing(error: &PortError) -> bool {
    database_error(error).is_some_and(is_silence)
}

fn is_silence(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}

fn database_error(error: &PortError) -> Option<&sqlx::Error> {
    let source = std::error::Error::source(error)?;
    source.downcast_ref::<sqlx::Error>().or_else(|| source.downcast_ref::<TakenKey>().map(|taken| &taken.0))
}

/// Sorts an error by whose fault it is; `doing` completes "while …".
pub(super) fn sorted(source: sqlx::Error, doing: &str) -> PortError {
    let (fault, message) = match Said::of(&source) {
        Some(Said::Contended) => {
            (Fault::Unavailable, format!("another program kept the database locked while {doing}"))
        }
        Some(Said::Full) => {
            (Fault::Misconfigured, format!("the disk is full: nothing was stored while {doing}"))
        }
        Some(Said::ReadOnly) => {
            (Fault::Misconfigured, format!("the database cannot be written to while {doing}"))
        }
        Some(Said::CannotOpen) => {
            (Fault::Misconfigured, format!("the database file cannot be opened while {doing}"))
        }
        Some(Said::DiskFailed) => (Fault::Misconfigured, format!("the disk failed while {doing}")),
        Some(Said::Damaged) => (Fault::Corrupt, format!("the database is damaged, found while {doing}")),
        Some(Said::NoDatabase) => {
            (Fault::Corrupt, format!("the file is not an SQLite database, found while {doing}"))
        }
        Some(Said::RuleBroken | Said::Taken) => {
            (Fault::Invalid, format!("a rule of the database was broken while {doing}"))
        }
        Some(Said::NotAllowed) => (
            Fault::Misconfigured,
            format!("the database does not let this user in or do this, while {doing}"),
        ),
        Some(Said::NotThere) => {
            (Fault::Misconfigured, format!("the database or a table of it is not there, while {doing}"))
        }
        Some(Said::Away) => {
            (Fault::Unavailable, format!("the database takes no connections at present, while {doing}"))
        }
        Some(Said::Other) | None => match &source {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) => {
                (Fault::Corrupt, format!("a stored value has the wrong type, found while {doing}"))
            }
            sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) => (
                Fault::Misconfigured,
                format!("the connection to the database is not set up right, while {doing}"),
            ),
            error if is_silence(error) => {
                (Fault::Unavailable, format!("the database said nothing for too long while {doing}"))
            }
            _ => (Fault::Unavailable, format!("the database failed while {doing}")),
        },
    };
    let error = PortError::new(fault, message);
    if Said::of(&source) == Some(Said::Taken) {
        error.caused_by(TakenKey(source))
    } else {
        error.caused_by(source)
    }
}

/// That a key was taken. What the database says of it may repeat the key's value, which may be somebody's address, so that it is
/// told by its code and the key's name alone, whoever asks and however.
struct TakenKey(sqlx::Error);

impl TakenKey {
    /// The database's code, and the name of the key.
    fn named(&self) -> (String, String) {
        let Some(answer) = self.0.as_database_error() else { return (String::new(), String::new()) };
        #[cfg(feature = "mysql")]
        if let Some(answer) = answer.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
            return (answer.number().to_string(), key_of_mysql(answer.message()).to_owned());
        }
        (answer.code().unwrap_or_default().into_owned(), answer.constraint().unwrap_or_default().to_owned())
    }
}

impl fmt::Display for TakenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, key) = self.named();
        write!(f, "a key is taken (code {code}, key {key:?})")
    }
}

impl fmt::Debug for TakenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for TakenKey {}

/// What `Duplicate entry 'value' for key 'name'` says last, whatever the value is.
#[cfg(feature = "mysql")]
fn key_of_mysql(message: &str) -> &str {
    message.rsplit_once(" for key ").map_or("", |(_, key)| key.trim_matches('\''))
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

/// Names what was being done when the database failed.
pub(super) trait While<T> {
    /// Sorts the error; `doing` completes "while …".
    fn doing(self, doing: &str) -> PortResult<T>;
}

impl<T> While<T> for Result<T, sqlx::Error> {
    fn doing(self, doing: &str) -> PortResult<T> {
        self.map_err(|error| sorted(error, doing))
    }
}

#[cfg(all(test, feature = "mysql"))]
mod tests {
    use super::key_of_mysql;

    #[test]
    fn the_name_of_a_key_is_told_without_its_value() {
        let named = key_of_mysql(
            "Duplicate entry 'ana kim@home.example' for key 'contacts.contacts_one_per_address'",
        );
        assert_eq!(named, "contacts.contacts_one_per_address");
        assert_eq!(key_of_mysql("Duplicate entry 'a' for key 'b' for key 'PRIMARY'"), "PRIMARY");
        assert_eq!(key_of_mysql("kim@home.example"), "");
    }
}
