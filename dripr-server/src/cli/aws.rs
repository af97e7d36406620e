//! `dripr aws`: what a deployment needs in AWS.

use std::io::Write;

use clap::Subcommand;
use dripr_adapters::sns_sqs::{Aws, Provisioned};
use serde::Serialize;

use super::{ConfigFile, print_json};
use crate::{config::aws::label, failure::Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
enum Commands {
    /// Make topics, queues and subscriptions, or repair them; twice is as good as once.
    Provision(Provision),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "It prints what it did, then the environment variables that name topics and queues, as `NAME=value` lines. \
                        Filters take up to a quarter of an hour to hold everywhere."
)]
struct Provision {
    /// What all names end with, such as -dev; aws.suffix if it is not said
    #[arg(long, value_name = "SUFFIX", allow_hyphen_values = true)]
    suffix: Option<String>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// A JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// What was done.
#[derive(Serialize)]
struct Done {
    dry_run: bool,
    changes: Vec<String>,
    environment: std::collections::BTreeMap<String, String>,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let Commands::Provision(args) = args.command;
    let config = args.config.load()?;
    let Some(messaging) = config.aws else {
        return Err(Failure::new("aws.region: missing: name the region in [aws]"));
    };
    let mut wanted = messaging.provision;
    wanted.dry_run = args.dry_run;
    if let Some(suffix) = args.suffix.filter(|suffix| !suffix.is_empty()) {
        wanted.suffix = label("--suffix", suffix)?;
    }
    let Provisioned { changes, environment } = Aws::new(messaging.options).await.provision(&wanted).await?;
    if args.json {
        let environment = environment.into_iter().collect();
        return print_json(out, &Done { dry_run: args.dry_run, changes, environment });
    }
    for change in &changes {
        writeln!(out, "{}{change}", if args.dry_run { "would " } else { "" })?;
    }
    if changes.is_empty() {
        writeln!(out, "everything is as it should be")?;
    }
    if !environment.is_empty() {
        writeln!(out)?;
    }
    for (name, value) in environment {
        writeln!(out, "{name}={value}")?;
    }
    Ok(())
}
