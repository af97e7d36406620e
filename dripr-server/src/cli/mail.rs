//! `dripr mail`: what mail from a domain needs, whether it goes on, and to whom none is delivered.

#[cfg(feature = "mail-check")]
mod check;
#[cfg(feature = "postmark")]
mod resume;
#[cfg(feature = "postmark")]
mod suppressions;

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
    #[cfg(feature = "mail-check")]
    Check(check::Args),
    /// Let sending go on that paused because nothing came back of what was sent.
    #[cfg(feature = "postmark")]
    Resume(resume::Args),
    /// Take over Postmark's own list of the addresses to which it delivers nothing any more.
    #[cfg(feature = "postmark")]
    Suppressions(suppressions::Args),
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    match args.command {
        #[cfg(feature = "mail-check")]
        Command::Check(args) => check::run(args, out).await,
        #[cfg(feature = "postmark")]
        Command::Resume(args) => resume::run(args, out).await,
        #[cfg(feature = "postmark")]
        Command::Suppressions(args) => suppressions::run(args, out).await,
    }
}
