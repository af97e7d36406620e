//! SQL stores, a folder a database, with the same file names.

#[cfg(feature = "sqlite")]
pub mod sqlite;
