//! `dripr import`: contacts from a CSV file, a campaign for each.

mod row_report;

use std::{fs::File, io::BufReader, io::Write, path::PathBuf};

use dripr_core::{
    campaign::{Actor, AuditEntry},
    ids::UserId,
    imports::{Fate, ImportLine, Reported, Tally},
    ports::AgentStore,
    schedule::SendDay,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{ConfigFile, now};
use crate::{
    compose,
    contacts_file::{ContactsFile, Expected, SendDayRule},
    enrolment::{Approvals, Enroller, Seen},
    failure::Failure,
    verifying::Verifying,
};
use row_report::RowReport;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The contacts, as CSV
    file: PathBuf,
    /// The agent whose contacts they are
    #[arg(long, value_name = "ID")]
    agent: UserId,
    /// The send day, 1 to 28, of contacts that name none
    #[arg(long, value_name = "DAY")]
    send_day: Option<SendDay>,
    /// Spread contacts that name no send day over so many days of the month, from the send day on, so that an import does
    /// not send everything on one day
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u8).range(1..=28))]
    spread: Option<u8>,
    /// Only look; store nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: ask whether the addresses take mail too, which may cost
    #[arg(long, requires = "dry_run")]
    verify: bool,
    /// What became of every row, as CSV in this file; nothing may be there yet
    #[arg(long, value_name = "FILE.csv")]
    report: Option<PathBuf>,
    /// The report as a JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    if deployment.store.agent(&args.agent).await?.is_none_or(|agent| agent.deleted_at.is_some()) {
        return Err(Failure::new(format!("there is no agent {}; `dripr agent list` shows them", args.agent)));
    }
    let unusable = |problem| Failure::file("cannot import", &args.file, problem);
    let input = File::open(&args.file).map_err(|error| Failure::file("cannot open", &args.file, error))?;
    let bar = progress_bar(&input);
    let now = now(&deployment);
    let expected = Expected {
        zone: deployment.config.policy.rules.zone(),
        now,
        send_day: match (args.send_day.or(deployment.config.default_send_day), args.spread) {
            (first, Some(days)) => SendDayRule::Spread { first: first.unwrap_or(SendDay::FIRST), days },
            (Some(day), None) => SendDayRule::Default(day),
            (None, None) => SendDayRule::Required,
        },
        knows_zip: &compose::knows_zip,
    };
    let mut file = ContactsFile::new(BufReader::new(bar.wrap_read(input)), expected).map_err(unusable)?;
    let verifier = if args.dry_run && !args.verify { None } else { compose::email_verifier(&deployment)? };
    if args.verify && verifier.is_none() {
        return Err(Failure::new("nobody can verify addresses: `email_verification.by` is \"none\""));
    }
    let enroller = Enroller {
        campaigns: &*deployment.store,
        contacts: &*deployment.store,
        imports: &*deployment.store,
        entropy: &*deployment.entropy,
        now,
        desk: deployment.desk(),
        user_id: args.agent.clone(),
        by: Actor::Operator,
        approvals: Approvals::AsRowsSay { otherwise: false },
        dry_run: args.dry_run,
        reported: if args.report.is_some() { Reported::EveryRow } else { Reported::Exceptions },
        verifying: verifier.as_deref().map(|verifier| Verifying::by(verifier, &*deployment.clock)),
        seen: Seen::default(),
    };
    let mut rows = args.report.clone().map(RowReport::begin).transpose()?;
    let mut report = Some(Report::begin(out, &args)?);
    let mut outcome = Ok(());
    // What cannot be told ends no import: it would be half done, and no history would say so.
    let mut told = |line: &ImportLine| -> Result<(), Failure> {
        tell(&mut rows, &mut outcome, |rows| rows.add(line));
        // A bar is drawn anew each time: not for a million rows that went as they stand.
        if matches!(line.fate, Fate::Refused { .. }) {
            tell(&mut report, &mut outcome, |report| bar.suspend(|| report.problem(line)));
        }
        Ok(())
    };
    let tally = enroller.enrol_file(&mut file, &mut told).await?;
    bar.finish_and_clear();
    if !args.dry_run {
        let entry = AuditEntry::of("imported", Actor::Operator, now, Some(format!("a file: {tally}")));
        deployment.store.note(&args.agent, entry).await?;
    }
    let end = |report: Report<'_>| report.end(&tally, args.dry_run, enroller.verifying.as_ref());
    keep_failure(&mut outcome, rows.map_or(Ok(()), RowReport::end));
    keep_failure(&mut outcome, report.map_or(Ok(()), end));
    deployment.close().await;
    outcome?;
    if tally.rows > 0 && tally.refused == tally.rows && tally.opted_out == 0 {
        return Err(Failure::new(format!("no row of {} could be used", args.file.display())));
    }
    Ok(())
}

/// Tells something where it is listened to. Once that fails, no more is told there.
fn tell<T>(
    listener: &mut Option<T>,
    outcome: &mut Result<(), Failure>,
    what: impl FnOnce(&mut T) -> Result<(), Failure>,
) {
    let told = listener.as_mut().map_or(Ok(()), what);
    if told.is_err() {
        *listener = None;
    }
    keep_failure(outcome, told);
}

/// Keeps why something could not be told: the first reason, but that a reader went away hides no other.
fn keep_failure(outcome: &mut Result<(), Failure>, told: Result<(), Failure>) {
    if told.is_err() && !matches!(outcome, Err(Failure::Said(_))) {
        *outcome = told;
    }
}

/// How much of the file was read; drawn only on a terminal.
fn progress_bar(input: &File) -> ProgressBar {
    let bar = ProgressBar::new(input.metadata().map_or(0, |file| file.len()));
    if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {percent}%  {eta} left") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message("reading contacts");
    bar
}

/// Tells of each problem as it is met, so that a report of any length takes no memory.
struct Report<'a> {
    out: &'a mut (dyn Write + Send),
    json: bool,
    problems: u64,
}

impl<'a> Report<'a> {
    fn begin(out: &'a mut (dyn Write + Send), args: &Args) -> Result<Self, Failure> {
        if args.json {
            let file = json!(args.file.display().to_string());
            write!(out, "{{\n  \"file\": {file},\n  \"agent\": {},\n", json!(args.agent))?;
            write!(out, "  \"dry_run\": {},\n  \"problems\": [", args.dry_run)?;
        }
        Ok(Self { out, json: args.json, problems: 0 })
    }

    fn problem(&mut self, line: &ImportLine) -> Result<(), Failure> {
        let Fate::Refused { field, value, reason } = &line.fate else { return Ok(()) };
        if self.json {
            let comma = if self.problems > 0 { "," } else { "" };
            let (row, opted_out) = (line.row, line.opted_out);
            let problem = json!({
                "row": row, "field": field, "value": value, "reason": reason, "opted_out": opted_out
            });
            write!(self.out, "{comma}\n    {problem}")?;
        } else {
            writeln!(self.out, "{line}")?;
        }
        self.problems += 1;
        Ok(())
    }

    fn end(self, tally: &Tally, dry_run: bool, verifying: Option<&Verifying<'_>>) -> Result<(), Failure> {
        let Tally { rows, enrolled, already_enrolled, opted_out, refused, not_verified, .. } = tally;
        let failure = verifying.and_then(Verifying::failure);
        if self.json {
            let close = if self.problems > 0 { "\n  ]" } else { "]" };
            write!(self.out, "{close},\n  \"rows\": {rows},\n  \"enrolled\": {enrolled},\n")?;
            write!(self.out, "  \"already_enrolled\": {already_enrolled},\n  \"opted_out\": {opted_out},\n")?;
            write!(self.out, "  \"refused\": {refused}")?;
            if verifying.is_some() {
                let failure = json!(failure);
                write!(
                    self.out,
                    ",\n  \"not_verified\": {not_verified},\n  \"verifier_failure\": {failure}"
                )?;
            }
            writeln!(self.out, "\n}}")?;
            return Ok(());
        }
        let done = if dry_run { "would be enrolled" } else { "enrolled" };
        writeln!(
            self.out,
            "{rows} rows: {enrolled} {done}, {already_enrolled} already there, {refused} refused; {opted_out} opted out"
        )?;
        if verifying.is_some() && *not_verified > 0 {
            writeln!(self.out, "{not_verified} of these addresses could not be verified")?;
        }
        if let Some(failure) = failure {
            writeln!(self.out, "the verifier could not always be asked: {failure}")?;
        }
        Ok(())
    }
}
