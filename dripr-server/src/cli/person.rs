//! `dripr person`: all that is stored about one person, handed out or erased.

use std::{io::Write, path::PathBuf, sync::Arc};

use dripr_adapters::{file_outbox::FileOutbox, sql::scrub::scrub};
use dripr_core::{
    email::EmailAddress,
    ids::UserId,
    person::{self, Erasing, InArchive},
    ports::{AgentStore, PersonStore},
};

use super::{ConfigFile, new_file::new_file, print_json};
use crate::{
    compose::{self, Deployment},
    config::database::Database,
    failure::Failure,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write all that is stored about a person, as JSON.
    Export(Export),
    /// Erase all that is stored about a person, but that they are not to be written to.
    Erase(Who),
}

#[derive(Debug, clap::Args)]
struct Who {
    /// The agent who writes to them
    #[arg(long, value_name = "ID")]
    agent: UserId,
    /// The person's address, in any spelling
    #[arg(long, value_name = "ADDRESS")]
    email: EmailAddress,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, clap::Args)]
struct Export {
    #[command(flatten)]
    who: Who,
    /// The file that gets it; nothing may be there yet. Standard output if it is left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    match args.command {
        Command::Export(args) => export(args, out).await,
        Command::Erase(who) => erase(who, out).await,
    }
}

async fn opened(who: &Who) -> Result<Deployment, Failure> {
    let deployment = who.config.open().await?;
    if deployment.store.agent(&who.agent).await?.is_none() {
        return Err(Failure::new(format!("there is no agent {}; `dripr agent list` shows them", who.agent)));
    }
    Ok(deployment)
}

async fn export(args: Export, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = opened(&args.who).await?;
    let person = deployment.store.person(&args.who.agent, &args.who.email).await?;
    deployment.close().await;
    let person = person.ok_or_else(|| Failure::new("nothing is stored about such a person"))?;
    let Some(path) = &args.out else { return print_json(out, &person) };
    let mut file = new_file(path)?;
    print_json(&mut file, &person)?;
    file.sync_all().map_err(|error| Failure::file("cannot write", path, error))?;
    writeln!(out, "{}: {} campaigns", path.display(), person.campaigns.len())?;
    Ok(())
}

async fn erase(who: Who, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = opened(&who).await?;
    let known = deployment.store.person(&who.agent, &who.email).await?;
    if known.is_none() {
        deployment.close().await;
        return Err(Failure::new("nothing is stored about such a person"));
    }
    let mut elsewhere: Vec<Arc<dyn Erasing>> =
        vec![Arc::new(InArchive(compose::html_archive(&deployment.config)?))];
    // Where no email was ever written there is no folder, and perhaps none can be made.
    let outbox = &deployment.config.outbox.dir;
    if outbox.exists() {
        elsewhere.push(Arc::new(FileOutbox::open(outbox)?));
    }
    let desk = deployment.desk();
    let erased = person::erase(&*deployment.store, &elsewhere, &desk, &who.agent, &who.email).await;
    deployment.close().await;
    let erased = erased?;
    writeln!(
        out,
        "{} campaigns with {} emails and {} contacts are erased; the address is not written to any more",
        erased.campaigns, erased.emails, erased.contacts
    )?;
    let file = match &deployment.config.database {
        Database::File(path) => Some(path),
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => None,
    };
    // Also where nothing was left to erase: the run before may have broken off here.
    if let Some(path) = file
        && !scrub(path).await?
    {
        writeln!(
            out,
            "a program reads the database: what was erased is in its log until that is written into the file, or say \
             this again"
        )?;
    }
    match erased.under_way.as_slice() {
        [] => Ok(()),
        [email, ..] => Err(Failure::new(format!(
            "email {email} is being sent, or nobody knows yet whether it was: say this again once `dripr explain` says \
             what became of it"
        ))),
    }
}
