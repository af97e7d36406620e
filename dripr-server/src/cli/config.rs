//! `dripr config`: the configuration itself.

mod check;
mod show;

use std::io::Write;

use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say everything that is wrong with the configuration, without asking anybody else.
    Check(check::Args),
    /// Show every key with its value and where that comes from; secrets are not shown.
    Show(show::Args),
}

pub(super) fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    match args.command {
        Command::Check(args) => check::run(args, out),
        Command::Show(args) => show::run(args, out),
    }
}
