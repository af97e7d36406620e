//! `dripr export`: an agent's contacts and campaigns as CSV.

mod campaigns;
mod contacts;

use std::{collections::HashSet, io::Write, path::PathBuf};

use dripr_core::{
    campaign::Dossier,
    email::Suppression,
    ids::UserId,
    ports::{AgentStore, CampaignFilter, CampaignStore, ContactStore},
};

use super::{ConfigFile, new_file::new_file};
use crate::{failure::Failure, formula::neutral};

/// How many campaigns, or opt-outs, are read at a time.
const PAGE: usize = 500;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// A row for each campaign, as `dripr import` takes it, and for each opt-out without one.
    Contacts(Of),
    /// A row for each campaign, with where it stands.
    Campaigns(Of),
}

#[derive(Debug, clap::Args)]
struct Of {
    /// The agent whose they are
    #[arg(long, value_name = "ID")]
    agent: UserId,
    /// The file that gets them; nothing may be there yet. Standard output if it is left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigFile,
}

/// What columns there are, and what stands in them.
struct Table {
    header: &'static [&'static str],
    row: fn(&Dossier) -> Vec<String>,
    /// The row of somebody who has no campaign, and is not to get one.
    opt_out: Option<fn(&Suppression) -> Vec<String>>,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let (of, table) = match args.command {
        Command::Contacts(of) => (of, contacts::TABLE),
        Command::Campaigns(of) => (of, campaigns::TABLE),
    };
    match &of.out {
        None => {
            export(&of, &table, out).await?;
        }
        Some(path) => {
            let mut file = new_file(path)?;
            let rows = export(&of, &table, &mut file).await?;
            file.sync_all().map_err(|error| Failure::file("cannot write", path, error))?;
            writeln!(out, "{}: {rows} rows", path.display())?;
        }
    }
    Ok(())
}

/// Page by page, so that any number of them takes no memory.
async fn export(of: &Of, table: &Table, out: &mut (dyn Write + Send)) -> Result<u64, Failure> {
    let deployment = of.config.open().await?;
    if deployment.store.agent(&of.agent).await?.is_none() {
        return Err(Failure::new(format!("there is no agent {}; `dripr agent list` shows them", of.agent)));
    }
    let mut rows = 0;
    let mut lines = csv::Writer::from_writer(out);
    lines.write_record(table.header)?;
    let mut write = |cells: Vec<String>| {
        rows += 1;
        lines.write_record(cells.iter().map(|cell| neutral(cell).into_owned()))
    };
    // Whose opt-out stands in the row of a campaign.
    let mut told = HashSet::new();
    let filter = CampaignFilter { user_id: Some(of.agent.clone()), ..CampaignFilter::default() };
    let mut after = None;
    loop {
        let page = deployment.store.list(&filter, after.clone(), PAGE).await?;
        let full = page.len() == PAGE;
        after = page.last().map(|dossier| dossier.campaign.id.clone());
        for dossier in &page {
            told.extend(dossier.suppression.as_ref().map(|known| known.address.key()));
            write((table.row)(dossier))?;
        }
        if !full {
            break;
        }
    }
    if let Some(row) = table.opt_out {
        let mut after = None;
        loop {
            let page = deployment.store.suppressions(&of.agent, None, after, PAGE).await?;
            let full = page.len() == PAGE;
            after = page.last().map(|known| known.address.key());
            for known in page.iter().filter(|known| !told.contains(&known.address.key())) {
                write(row(known))?;
            }
            if !full {
                break;
            }
        }
    }
    lines.flush()?;
    drop(lines);
    deployment.close().await;
    Ok(rows)
}
