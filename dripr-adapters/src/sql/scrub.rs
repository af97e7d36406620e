//! Taking what was deleted off the disk.

use std::path::Path;

use dripr_core::errors::PortResult;
use sqlx::{Connection, Row};

use super::{backup::connected, error::While, migrations::located};

/// Writes a SQLite file anew without what was deleted from it or changed in it, and empties its log. Whoever works on it
/// waits meanwhile. `false` if somebody reads from the log, so that it could not be emptied: what was deleted is in it until
/// it is.
///
/// # Errors
/// The file cannot be written, or there is no space for it a second time.
pub async fn scrub(database: &Path) -> PortResult<bool> {
    let shown = database.display().to_string();
    let scrubbed = async {
        let doing = "writing it anew";
        let mut connection = connected(database, "opening it").await?;
        sqlx::query("VACUUM").execute(&mut connection).await.doing(doing)?;
        let row =
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await.doing(doing)?;
        let busy: i64 = row.try_get(0).doing(doing)?;
        connection.close().await.doing(doing)?;
        Ok(busy == 0)
    };
    located(scrubbed.await, &shown)
}
