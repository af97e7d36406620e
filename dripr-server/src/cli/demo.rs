//! `dripr demo`: months of campaigns on a virtual clock.

use std::{io::Write, path::PathBuf};

use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    config::{Config, Setting, process_environment},
    demo::{self, Day, Plan, Summary},
    failure::Failure,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many months to run [default: 3, or 1 with --config]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=24))]
    months: Option<u8>,
    /// Ask the sources and the writer of a configuration, in place of files; calls to providers are real ones
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sales", "rates", "listings"])]
    config: Option<PathBuf>,
    /// With --config: overrides a key of it and the environment; may be given more than once
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<Setting>,
    /// Contacts of your own, as CSV; columns as for `dripr import`
    #[arg(long, value_name = "FILE")]
    contacts: Option<PathBuf>,
    /// Homes sold, as CSV; the clock then ends with the month of the last sale
    #[arg(long, value_name = "FILE")]
    sales: Option<PathBuf>,
    /// Mortgage rates, as CSV
    #[arg(long, value_name = "FILE")]
    rates: Option<PathBuf>,
    /// Homes for sale, as CSV; without it homes that go on to sell within 45 days stand in for them
    #[arg(long, value_name = "FILE")]
    listings: Option<PathBuf>,
    /// The folder that gets the emails; an earlier demo in it is replaced
    #[arg(long, value_name = "DIR", default_value = "dripr-demo")]
    out: PathBuf,
    /// The seed of everything random
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The first day of the virtual clock [default: 2015-03-01 with the sample's sales, today with --config]
    #[arg(long, value_name = "YYYY-MM-DD")]
    start: Option<NaiveDate>,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    if args.config.is_none() && !args.set.is_empty() {
        return Err(Failure::new("--set: nobody heeds it without --config"));
    }
    let deployment =
        args.config.map(|file| Config::load_with(&file, args.set, &process_environment)).transpose()?;
    let plan = Plan {
        // Providers know today; what they would say of later months is made up.
        months: args.months.unwrap_or(if deployment.is_some() { 1 } else { 3 }),
        deployment,
        contacts: args.contacts,
        sales: args.sales,
        rates: args.rates,
        listings: args.listings,
        out: args.out,
        seed: args.seed,
        start: args.start,
    };
    let bar = progress_bar();
    let summary = demo::run(&plan, &mut |day| show(&bar, day)).await;
    bar.finish_and_clear();
    print(&plan, &summary?, out)
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{msg:>16} [{bar:40}] {percent}%  {prefix}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message("reading the data");
    bar.tick();
    bar
}

fn show(bar: &ProgressBar, day: &Day) {
    bar.set_length(day.days);
    bar.set_position(day.number);
    bar.set_message(day.date.format("%-d %B %Y").to_string());
    bar.set_prefix(format!("{} emails", day.emails));
}

/// How many faulty rows are shown; all are counted.
const SHOWN_PROBLEMS: usize = 20;

fn print(plan: &Plan, summary: &Summary, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    if !summary.reports.is_empty() {
        writeln!(out, "Rows that could not be used:")?;
    }
    for line in summary.reports.iter().take(SHOWN_PROBLEMS) {
        writeln!(out, "  {line}")?;
    }
    if summary.reports.len() > SHOWN_PROBLEMS {
        writeln!(out, "  … and {} more", summary.reports.len() - SHOWN_PROBLEMS)?;
    }
    if !summary.reports.is_empty() {
        writeln!(out)?;
    }
    let tally = &summary.tally;
    writeln!(
        out,
        "{} contacts: {} about a home, {} about a ZIP code alone; {} of them have opted out and get nothing, \
         {} want each email approved.",
        tally.enrolled,
        tally.enrolled - tally.without_address,
        tally.without_address,
        tally.opted_out,
        tally.to_approve,
    )?;
    writeln!(out)?;
    writeln!(out, "{:<16}{:>8}{:>8}{:>9}{:>8}", "month", "emails", "held", "skipped", "errors")?;
    let mut total = demo::Month::default();
    for (name, month) in &summary.months {
        writeln!(
            out,
            "{name:<16}{:>8}{:>8}{:>9}{:>8}",
            month.emails, month.held, month.skipped, month.errors
        )?;
        total.add(month);
    }
    writeln!(
        out,
        "{:<16}{:>8}{:>8}{:>9}{:>8}",
        "all", total.emails, total.held, total.skipped, total.errors
    )?;
    if !summary.causes.is_empty() {
        writeln!(out)?;
        for (cause, count) in &summary.causes {
            writeln!(out, "{count:>5}  {cause}")?;
        }
    }
    calls(summary, total.emails, out)?;
    writeln!(out)?;
    writeln!(out, "Look at {} in a browser;", summary.index.display())?;
    writeln!(out, "every email is in {} as .eml and .html.", summary.outbox.display())?;
    if plan.contacts.is_none() && plan.deployment.is_none() {
        writeln!(
            out,
            "All people, streets and agents are invented; homes, sales and mortgage rates are real."
        )?;
    }
    Ok(())
}

/// What providers were asked, and how much of that an email cost.
fn calls(summary: &Summary, emails: u64, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    if summary.calls.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    writeln!(
        out,
        "{:<20}{:<18}{:>8}{:>8}{:>11}{:>13}",
        "provider", "asked for", "calls", "failed", "throttled", "per email"
    )?;
    for (provider, question, counted) in &summary.calls {
        let per_email = counted.calls as f64 / emails.max(1) as f64;
        writeln!(
            out,
            "{provider:<20}{question:<18}{:>8}{:>8}{:>11}{per_email:>13.2}",
            counted.calls, counted.failed, counted.throttled
        )?;
    }
    Ok(())
}
