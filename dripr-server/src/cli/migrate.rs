//! `dripr migrate`: making the database, or bringing it up to date.

use std::io::Write;

use super::ConfigFile;
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    // Opening a database brings it up to date.
    let deployment = args.config.open().await?;
    writeln!(out, "{} is up to date", deployment.config.database)?;
    deployment.close().await;
    Ok(())
}
