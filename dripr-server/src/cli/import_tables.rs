//! `dripr import-tables`: agents, contacts and campaigns of an older deployment, from its database.

use std::{fs, io::Write, path::PathBuf};

use dripr_adapters::sql::legacy_tables::{LegacyTables, Mapping, RowProblem};
use secrecy::SecretString;
use serde_json::json;

use super::{ConfigFile, now};
use crate::{
    compose,
    config::process_environment,
    failure::Failure,
    legacy_import::{LegacyImport, Tally},
};

/// The environment variable with the older deployment's database.
const URL: &str = "DRIPR_IMPORT_URL";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file with the URL of the older deployment's database, as it may hold a password; without it, the environment variable
    /// DRIPR_IMPORT_URL has the URL
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// Which table and column each field comes from, where they have other names than those in docs/moving-from-python.md
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Only look; store nothing
    #[arg(long)]
    dry_run: bool,
    /// The report as a JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let url = url(&args)?;
    let mapping = mapping(&args)?;
    let deployment = args.config.open().await?;
    let mut tables = LegacyTables::open(&url, mapping).await?;
    let mut import = LegacyImport {
        tables: &mut tables,
        agents: &*deployment.store,
        contacts: &*deployment.store,
        campaigns: &*deployment.store,
        desk: deployment.desk(),
        now: now(&deployment),
        knows_zip: &compose::knows_zip,
    };
    let mut report = Report::begin(out, args.json, args.dry_run)?;
    let mut told = |problem: &RowProblem| report.problem(problem);
    // Everything is looked at before anything is stored.
    let mut tally = import.check(&mut told).await?;
    if !args.dry_run {
        tally = import.import(&mut told).await?;
    }
    report.end(&tally, args.dry_run)?;
    tables.close().await;
    deployment.close().await;
    Ok(())
}

fn url(args: &Args) -> Result<SecretString, Failure> {
    let text = match &args.from_file {
        Some(file) => fs::read_to_string(file).map_err(|error| Failure::file("cannot read", file, error))?,
        None => process_environment(URL).ok_or_else(|| {
            Failure::new(format!("the older deployment's database is needed: --from-file FILE, or {URL}"))
        })?,
    };
    Ok(text.trim().to_owned().into())
}

fn mapping(args: &Args) -> Result<Mapping, Failure> {
    let Some(file) = &args.mapping else { return Ok(Mapping::default()) };
    let text = fs::read_to_string(file).map_err(|error| Failure::file("cannot read", file, error))?;
    let mapping: Mapping = toml::from_str(&text).map_err(|error| Failure::file("cannot use", file, error))?;
    mapping.check().map_err(|error| Failure::file("cannot use", file, error))?;
    Ok(mapping)
}

/// Tells of each problem as it is met, so that a report of any length takes no memory.
struct Report<'a> {
    out: &'a mut (dyn Write + Send),
    json: bool,
    problems: u64,
}

impl<'a> Report<'a> {
    fn begin(out: &'a mut (dyn Write + Send), json: bool, dry_run: bool) -> Result<Self, Failure> {
        if json {
            write!(out, "{{\n  \"dry_run\": {dry_run},\n  \"problems\": [")?;
        }
        Ok(Self { out, json, problems: 0 })
    }

    fn problem(&mut self, problem: &RowProblem) -> Result<(), Failure> {
        if self.json {
            let comma = if self.problems > 0 { "," } else { "" };
            write!(self.out, "{comma}\n    {}", json!(problem))?;
        } else {
            writeln!(self.out, "{problem}")?;
        }
        self.problems += 1;
        Ok(())
    }

    fn end(self, tally: &Tally, dry_run: bool) -> Result<(), Failure> {
        let out = self.out;
        if self.json {
            let close = if self.problems > 0 { "\n  ]" } else { "]" };
            writeln!(out, "{close},\n  \"tally\": {}\n}}", json!(tally))?;
            return Ok(());
        }
        let done = if dry_run { "would be imported" } else { "imported" };
        for (what, part) in [("agents", tally.agents), ("campaigns", tally.campaigns)] {
            let (imported, existing, refused) = (part.imported, part.existing, part.refused);
            writeln!(out, "{what}: {imported} {done}, {existing} already there, {refused} refused")?;
        }
        let Tally { contacts, contacts_refused, opted_out, in_doubt, .. } = tally;
        writeln!(
            out,
            "contacts: {contacts} looked at, {contacts_refused} refused; {opted_out} new opt-outs"
        )?;
        let Tally { emails, emails_sent, emails_approved, emails_refused, .. } = tally;
        writeln!(
            out,
            "emails: {emails} looked at, {emails_sent} sent, {emails_approved} approved and to be made again, \
             {emails_refused} refused, {} of no campaign",
            tally.emails_of_no_campaign
        )?;
        if *in_doubt > 0 {
            writeln!(out, "{in_doubt} campaigns may have sent their last email; it counts as sent")?;
        }
        if tally.brought_up_to_date > 0 {
            let known = tally.brought_up_to_date;
            writeln!(out, "{known} campaigns that were already there learnt of a later email")?;
        }
        Ok(())
    }
}
