//! Connecting to a database, migrating and checking it.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub(super) use sqlite::{APPLICATION_ID, BACKUP_MARK, is_backup};

#[cfg(any(feature = "postgres", feature = "mysql"))]
use {
    super::{
        connection::{Connecting, Connection},
        error::While,
    },
    dripr_core::errors::{Fault, PortError, PortResult},
};

/// Statements kept prepared on each connection.
const STATEMENTS: usize = 256;

/// One connection for each writing task.
#[cfg(any(feature = "postgres", feature = "mysql"))]
async fn writing(connecting: &Connecting, writers: u32) -> PortResult<Vec<Connection>> {
    let mut connections = Vec::new();
    for _ in 0..writers.max(1) {
        connections.push(connecting.open().await.doing("connecting to write")?);
    }
    Ok(connections)
}

/// The URL is not shown, for what it may hold.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn unreadable(of: &str) -> PortError {
    PortError::new(Fault::Misconfigured, format!("the database's URL is none of {of}"))
}
