//! `dripr restore`: putting a backup in place, so that nothing is sent again.

use std::{io::Write, path::PathBuf};

use dripr_core::{access::ApiKey, campaign::command::Bench, ports::Clock, schedule::Instant};

use super::{ConfigFile, shown};
use crate::{
    compose,
    config::{Config, database::Database},
    failure::Failure,
    restoring::{self, OptedOut, Tally},
    system_clock::SystemClock,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Stop all `dripr run` first. What was sent since the backup is not known to it, so whatever may have \
                        been sent is skipped, for its present month. What was decided since is lost: opt-outs above all. \
                        Those of the database that --replace moves aside are taken over, if it can be read, which addresses \
                        were blocked, which agents were removed, paused or banned, pay otherwise or belong elsewhere, which \
                        keys were taken back, and \
                        how webhooks stand; give other opt-outs with --opted-out."
)]
pub(super) struct Args {
    /// The backup
    #[arg(required_unless_present = "mark", conflicts_with = "mark")]
    file: Option<PathBuf>,
    /// Move the database that is there aside, and take over its opt-outs, which addresses are blocked, who may not send, and which keys
    /// and webhooks are gone
    #[arg(long, conflicts_with = "mark")]
    replace: bool,
    /// Only apply the rule that nothing is sent again, to a database that was restored with other tools
    #[arg(long, requires = "taken_at")]
    mark: bool,
    /// When the backup was taken, an RFC 3339 time; a file of `dripr backup` says so itself
    #[arg(long, value_name = "TIME")]
    taken_at: Option<Instant>,
    /// Addresses that opted out since, as CSV with a column `email`, and perhaps one `agent`; without it for all agents
    #[arg(long, value_name = "FILE")]
    opted_out: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let config = args.config.load()?;
    let now = SystemClock.now();
    if let Some(taken_at) = args.taken_at.filter(|at| *at > now) {
        return Err(Failure::new(format!("--taken-at {} is later than the present", shown(taken_at))));
    }
    let mut opted_out = OptedOut::default();
    if let Some(file) = &args.opted_out {
        opted_out.read(file, now)?;
    }
    match args.file {
        None => {
            // With --mark it is there.
            let taken_at = args.taken_at.unwrap_or(now);
            let deployment = compose::deployment(config).await?;
            let done = restoring::mark(&deployment.store, &deployment.desk(), taken_at, &opted_out).await;
            deployment.close().await;
            let done = done?;
            works(out, &done.working_keys)?;
            say(out, taken_at, &done)
        }
        Some(file) => {
            let path = path_of(&config)?;
            let desk = Bench { clock: std::sync::Arc::new(SystemClock), policy: config.policy.clone() };
            let plan = restoring::Plan { file, path, replace: args.replace, taken_at: args.taken_at };
            let (taken_at, aside, done) = restoring::put_in_place(plan, desk, opted_out).await?;
            match aside {
                Some(restoring::Aside { path, readable: true }) => {
                    writeln!(
                        out,
                        "the database that was there is {}; its opt-outs are taken over, which addresses are blocked, who may not \
                         send, which keys were taken back, and how webhooks stand",
                        path.display()
                    )?;
                }
                Some(restoring::Aside { path, readable: false }) => {
                    let path = path.display();
                    writeln!(
                        out,
                        "the database that was there is {path}; it cannot be read: its opt-outs are LOST, which addresses were \
                         blocked, and which agents were removed, paused or stopped paying since"
                    )?;
                    works(out, &done.working_keys)?;
                }
                None => {
                    writeln!(
                        out,
                        "opt-outs, bounces and complaints since the backup are LOST, but for those of --opted-out; which \
                         addresses were blocked; and which agents were removed, paused or stopped paying"
                    )?;
                    works(out, &done.working_keys)?;
                }
            }
            say(out, taken_at, &done)
        }
    }
}

fn path_of(config: &Config) -> Result<PathBuf, Failure> {
    match &config.database {
        Database::File(path) => Ok(path.clone()),
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        other => Err(Failure::new(format!(
            "{other} is restored with the server's own tools (pg_restore, mariadb, snapshots); then say `dripr restore \
             --mark --taken-at TIME` before `dripr run`"
        ))),
    }
}

/// Which keys work where nothing tells which were taken back since.
fn works(out: &mut (dyn Write + Send), keys: &[ApiKey]) -> Result<(), Failure> {
    writeln!(
        out,
        "keys that were taken back since the backup WORK AGAIN, and webhooks stand as they did then, with the secrets of then: \
         look through both before `dripr run`"
    )?;
    if keys.is_empty() {
        writeln!(out, "no key works")?;
    }
    for key in keys {
        writeln!(out, "this key works: {}  {}", key.id, key.name)?;
    }
    Ok(())
}

fn say(out: &mut (dyn Write + Send), taken_at: Instant, done: &Tally) -> Result<(), Failure> {
    let Tally { marked, opted_out, unknown_agents, blocked, accounts, keys, webhooks, working_keys: _ } =
        done;
    writeln!(
        out,
        "{} campaigns as of {}: {} skip their present month, as it may have been sent since; {} were being sent and are \
         asked about",
        marked.campaigns,
        shown(taken_at),
        marked.skipped,
        marked.under_way
    )?;
    writeln!(
        out,
        "{opted_out} opt-outs were added, and {accounts} accounts stand as they did since; so do {keys} keys that were taken back, \
         and {webhooks} webhooks"
    )?;
    if *blocked > 0 {
        writeln!(out, "{blocked} addresses were blocked since, and stay so")?;
    }
    if *unknown_agents > 0 {
        writeln!(out, "{unknown_agents} opt-outs are of agents that the backup does not have")?;
    }
    writeln!(
        out,
        "contacts, agents, edits and connected accounts since the backup are lost; do not import again who was new since, \
         before their month is over, and have Clerk and Stripe tell again what they told since"
    )?;
    Ok(())
}
