//! The database of a configuration, opened.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use dripr_adapters::sql::ServerOptions;
use dripr_adapters::sql::{Queues, SqlStore, SqliteOptions};

use crate::{
    config::{Config, database::Database, queues::Place},
    failure::Failure,
};

/// Opens it; an older one is brought up to date.
///
/// # Errors
/// It cannot be opened, or is damaged.
pub(super) async fn open(config: &Config) -> Result<SqlStore, Failure> {
    let queues = match config.queues {
        Place::Database => Queues::Beside,
        Place::Redis | Place::Aws => Queues::Elsewhere,
    };
    Ok(match &config.database {
        Database::File(path) => {
            let mut options = SqliteOptions::default();
            options.queues = queues;
            SqlStore::sqlite(path, options).await?
        }
        #[cfg(feature = "postgres")]
        Database::Postgres(url) => SqlStore::postgres(url, of_server(queues)).await?,
        #[cfg(feature = "mysql")]
        Database::MySql(url) => SqlStore::mysql(url, of_server(queues)).await?,
    })
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn of_server(queues: Queues) -> ServerOptions {
    let mut options = ServerOptions::default();
    options.queues = queues;
    options
}

/// Whether there may be anything in it: a file that is not there is made by whoever first needs it.
pub(super) fn is_there(config: &Config) -> bool {
    match &config.database {
        Database::File(path) => path.exists(),
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => true,
    }
}
