//! `dripr backup`: a copy of the database, taken while everything goes on.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use dripr_adapters::sql::backup::back_up;
use dripr_core::ports::Clock;

use super::{ConfigFile, shown};
use crate::{config::database::Database, failure::Failure, system_clock::SystemClock};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Keep the folders of [outbox] and [archive] with it. `dripr restore` puts a backup in place."
)]
pub(super) struct Args {
    /// The file that gets the backup; nothing may be there yet
    file: PathBuf,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let config = args.config.load()?;
    let path = path_of(&config.database)?;
    // What is committed after this instant may be in it or not.
    let taken_at = SystemClock.now();
    back_up(path, &args.file, taken_at).await?;
    let size = std::fs::metadata(&args.file).map_or(0, |file| file.len());
    writeln!(out, "{}: {size} bytes, as of {}", args.file.display(), shown(taken_at))?;
    Ok(())
}

fn path_of(database: &Database) -> Result<&Path, Failure> {
    match database {
        Database::File(path) => Ok(path),
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        other => Err(Failure::new(format!(
            "{other} is backed up with the server's own tools (pg_dump, mariadb-dump, snapshots); after it was restored with \
             them, say `dripr restore --mark --taken-at TIME`"
        ))),
    }
}
