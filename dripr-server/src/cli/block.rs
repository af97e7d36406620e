//! `dripr block`: addresses that nobody in the deployment writes to.

use std::io::Write;

use dripr_core::{
    campaign::Actor,
    email::{Block, EmailAddress},
    ports::BlockStore,
};

use super::{ConfigFile, now, print_json, shown};
use crate::failure::Failure;

/// How many are read at a time.
const AT_ONCE: usize = 500;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Let nobody write to an address any more, whichever agent's contact has it.
    Add(Add),
    /// Let agents write to an address again, but those for whom it opted out or complained.
    Remove(Remove),
    /// List the addresses that nobody writes to.
    List(List),
}

#[derive(Debug, clap::Args)]
struct Add {
    /// The address, in any spelling
    address: EmailAddress,
    /// Why; `dripr block list` and the history show it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, clap::Args)]
struct Remove {
    /// The address, in any spelling
    address: EmailAddress,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, clap::Args)]
struct List {
    /// A JSON array
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    match args.command {
        Command::Add(args) => add(args, out).await,
        Command::Remove(args) => remove(args, out).await,
        Command::List(args) => list(args, out).await,
    }
}

async fn add(args: Add, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let reason = args.reason.as_deref().map(reason).transpose()?;
    let deployment = args.config.open().await?;
    let (address, since) = (args.address.clone(), now(&deployment));
    let block = Block { address, since, by: Actor::Operator, reason };
    let is_new = deployment.store.block(block).await?;
    deployment.close().await;
    let before = if is_new { "" } else { ", as before" };
    writeln!(out, "nobody writes to {} any more{before}", args.address)?;
    Ok(())
}

/// Why, on one line: lists show it on a terminal.
fn reason(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Failure::new("--reason must be some words on one line"));
    }
    Ok(text.to_owned())
}

async fn remove(args: Remove, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let lifted = deployment.store.unblock(&args.address, Actor::Operator, now(&deployment)).await?;
    deployment.close().await;
    let address = &args.address;
    if !lifted {
        return Err(Failure::new(format!("{address} is not blocked; `dripr block list` shows what is")));
    }
    writeln!(out, "agents may write to {address} again, if it did not opt out")?;
    Ok(())
}

async fn list(args: List, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let mut blocks: Vec<Block> = Vec::new();
    loop {
        let after = blocks.last().map(|block| block.address.key());
        let page = deployment.store.blocks(after, AT_ONCE).await?;
        let full = page.len() == AT_ONCE;
        blocks.extend(page);
        if !full {
            break;
        }
    }
    deployment.close().await;
    if args.json {
        return print_json(out, &blocks);
    }
    for block in blocks {
        let why = block.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        writeln!(out, "{}  since {}{why}", block.address, shown(block.since))?;
    }
    Ok(())
}
