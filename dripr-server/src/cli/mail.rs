//! `dripr mail`: what mail from a domain needs.

mod check;

use std::io::Write;

use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Look up a domain's SPF, DKIM, DMARC and MX records and say what is missing and what to do.
    Check(check::Args),
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    match args.command {
        Command::Check(args) => check::run(args, out).await,
    }
}
