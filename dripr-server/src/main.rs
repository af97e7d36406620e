//! The program `dripr`: reads its arguments and does what they say.

use std::process::ExitCode;

use clap::Parser;
use dripr_server::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
