//! The subcommands, a file each.

mod agent;
mod approve;
#[cfg(feature = "sns-sqs")]
mod aws;
mod backup;
mod block;
mod campaigns;
mod config;
#[cfg(feature = "gmail")]
mod connect;
mod demo;
mod doctor;
mod explain;
mod export;
mod held;
mod import;
#[cfg(feature = "legacy-tables")]
mod import_tables;
mod keys;
#[cfg(any(feature = "mail-check", feature = "postmark"))]
mod mail;
mod migrate;
mod new_file;
mod person;
mod queues;
mod ready;
#[cfg(feature = "returned-mail")]
mod receive;
mod restore;
mod retry;
mod run;
mod schedule;
mod simulate;
mod skip;
mod users;

use std::{
    io::{self, Write},
    path::PathBuf,
    pin::Pin,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use dripr_core::{
    campaign::{Action, Actor, Command},
    ids::CampaignId,
    ports::CampaignStore,
    schedule::Instant,
};

use crate::{
    compose::{self, Deployment},
    config::{Config, Setting, process_environment},
    failure::Failure,
};

/// Sends every homeowner a monthly, truthful home report by email.
#[derive(Debug, Parser)]
#[command(name = "dripr", version, max_term_width = 100)]
pub struct Cli {
    /// The configuration [default: dripr.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Run months of campaigns on a virtual clock and look at the emails.
    Demo(demo::Args),
    /// Run the engine on the real clock until told to stop.
    Run(run::Args),
    /// Check the configuration, or show all of it.
    Config(config::Args),
    /// Ask each part of a deployment whether it would work, providers with one cheap call.
    Doctor(doctor::Args),
    /// Ask the process that runs whether it can do its work.
    Ready(ready::Args),
    /// Add and list agents.
    Agent(agent::Args),
    /// Bring agents whom a partner manages.
    Users(users::Args),
    /// Import contacts from a CSV file and begin a campaign for each.
    Import(import::Args),
    /// Write an agent's contacts or campaigns to a CSV file.
    Export(export::Args),
    /// Import agents, contacts and campaigns from the tables of an older deployment.
    #[cfg(feature = "legacy-tables")]
    ImportTables(import_tables::Args),
    /// Keep the keys by which programs use the API.
    Keys(keys::Args),
    /// Keep the addresses that nobody in the deployment writes to.
    Block(block::Args),
    /// List campaigns.
    Campaigns(campaigns::Args),
    /// Approve an email that waits for approval.
    Approve(approve::Args),
    /// List emails of which nobody can tell whether they arrived, or say what became of one.
    Held(held::Args),
    /// Show how the queues stand, and replay or drop what was parked.
    Queues(queues::Args),
    /// Make what a deployment needs in AWS: topics, queues, subscriptions.
    #[cfg(feature = "sns-sqs")]
    Aws(aws::Args),
    /// Print the link by which an agent connects their own Gmail account.
    #[cfg(feature = "gmail")]
    Connect(connect::Args),
    /// Take one mail from standard input: a bounce, a complaint, or a mail to the opt-out address.
    #[cfg(feature = "returned-mail")]
    Receive(receive::Args),
    /// What mail from a domain needs, whether it goes on, and to whom none is delivered.
    #[cfg(any(feature = "mail-check", feature = "postmark"))]
    Mail(mail::Args),
    /// End the cycle of an email without sending it.
    Skip(skip::Args),
    /// Try a failed campaign again now.
    Retry(retry::Args),
    /// Say what holds a campaign, since when, and when it is looked at next.
    Explain(explain::Args),
    /// Show when the emails of a campaign would leave.
    Schedule(schedule::Args),
    /// Run the whole application with everything breaking, from seeds, and see whether all that must hold does.
    Simulate(simulate::Args),
    /// All that is stored about one person, to hand it to them or to erase it.
    Person(person::Args),
    /// Make the database, or bring it up to date.
    Migrate(migrate::Args),
    /// Copy the database to a file, while everything goes on.
    Backup(backup::Args),
    /// Put a backup in place, so that nothing is sent again.
    Restore(restore::Args),
}

/// Which configuration to work by.
#[derive(Debug, clap::Args)]
struct ConfigFile {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "dripr.toml")]
    config: PathBuf,
    /// Overrides a key of the file and the environment, such as sending.opens=12:00; may be given more than once
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<Setting>,
}

impl ConfigFile {
    fn load(&self) -> Result<Config, Failure> {
        Ok(Config::load_with(&self.config, self.set.clone(), &process_environment)?)
    }

    /// The configuration's deployment, its database open.
    async fn open(&self) -> Result<Deployment, Failure> {
        compose::deployment(self.load()?).await
    }
}

impl Cli {
    /// Does what was asked for, and tells the result to the shell.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let mut out = io::BufWriter::new(io::stdout());
        let result = self.dispatch(&mut out).and_then(|()| Ok(out.flush()?));
        match result {
            // Nobody listens any more; that is no error of ours.
            Ok(()) | Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
            Err(Failure::Said(sentence)) => {
                // What was printed before the failure belongs before its sentence.
                let _ = out.flush();
                let _ = writeln!(io::stderr(), "dripr: {sentence}");
                ExitCode::FAILURE
            }
        }
    }

    fn dispatch(self, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
        if self.config.is_some() && matches!(self.command, Subcommands::Simulate(_)) {
            return Err(Failure::new("--config: nobody heeds it, `dripr simulate` reads no configuration"));
        }
        match self.command {
            Subcommands::Schedule(args) => schedule::run(&args, out),
            Subcommands::Run(args) => run::run(&args),
            Subcommands::Ready(args) => ready::run(&args, out),
            Subcommands::Simulate(args) => simulate::run(&args, out),
            // One thing after the other, on one thread.
            command => tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(command.dispatch(out)),
        }
    }
}

impl Subcommands {
    /// Boxed, so that each subcommand is compiled once and not for each way in which a runtime may wait for it.
    fn dispatch(
        self,
        out: &mut (dyn Write + Send),
    ) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + '_>> {
        match self {
            Self::Demo(args) => Box::pin(demo::run(args, out)),
            Self::Config(args) => Box::pin(async move { config::run(args, out) }),
            Self::Doctor(args) => Box::pin(doctor::run(args, out)),
            Self::Agent(args) => Box::pin(agent::run(args, out)),
            Self::Users(args) => Box::pin(users::run(args, out)),
            Self::Import(args) => Box::pin(import::run(args, out)),
            Self::Export(args) => Box::pin(export::run(args, out)),
            #[cfg(feature = "legacy-tables")]
            Self::ImportTables(args) => Box::pin(import_tables::run(args, out)),
            Self::Keys(args) => Box::pin(keys::run(args, out)),
            Self::Block(args) => Box::pin(block::run(args, out)),
            Self::Campaigns(args) => Box::pin(campaigns::run(args, out)),
            Self::Approve(args) => Box::pin(approve::run(args, out)),
            Self::Held(args) => Box::pin(held::run(args, out)),
            Self::Queues(args) => Box::pin(queues::run(args, out)),
            #[cfg(feature = "sns-sqs")]
            Self::Aws(args) => Box::pin(aws::run(args, out)),
            #[cfg(feature = "gmail")]
            Self::Connect(args) => Box::pin(connect::run(args, out)),
            #[cfg(feature = "returned-mail")]
            Self::Receive(args) => Box::pin(receive::run(args, out)),
            #[cfg(any(feature = "mail-check", feature = "postmark"))]
            Self::Mail(args) => Box::pin(mail::run(args, out)),
            Self::Skip(args) => Box::pin(skip::run(args, out)),
            Self::Retry(args) => Box::pin(retry::run(args, out)),
            Self::Explain(args) => Box::pin(explain::run(args, out)),
            Self::Person(args) => Box::pin(person::run(args, out)),
            Self::Migrate(args) => Box::pin(migrate::run(args, out)),
            Self::Backup(args) => Box::pin(backup::run(args, out)),
            Self::Restore(args) => Box::pin(restore::run(args, out)),
            Self::Schedule(args) => Box::pin(async move { schedule::run(&args, out) }),
            Self::Run(args) => Box::pin(async move { run::run(&args) }),
            Self::Ready(args) => Box::pin(async move { ready::run(&args, out) }),
            Self::Simulate(args) => Box::pin(async move { simulate::run(&args, out) }),
        }
    }
}

/// Executes one command of the person at the terminal, or says why it was refused.
async fn execute(
    deployment: &Deployment,
    campaign_id: CampaignId,
    actor: Actor,
    action: Action,
) -> Result<(), Failure> {
    let command = Command { campaign_id, actor, action, desk: deployment.desk() };
    let execution = deployment.store.execute(vec![command]).await?.pop();
    let execution = execution.ok_or_else(|| Failure::new("the database gave no answer"))?;
    execution.result?;
    Ok(())
}

/// An instant as JSON and tables show it.
fn shown(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// A value as JSON, on its own lines.
fn print_json(out: &mut (dyn Write + Send), value: &impl serde::Serialize) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// The present instant of a deployment.
fn now(deployment: &Deployment) -> Instant {
    deployment.clock.now()
}
