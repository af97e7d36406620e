//! `dripr simulate`: everything breaking, from seeds.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use dripr_core::testkit::simulation::{Fault, Plan, Report, shrink, simulate};
use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many seeds to run
    #[arg(long, value_name = "N", default_value_t = 300)]
    seeds: u64,
    /// The first seed
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    from: u64,
    /// Only these kinds of faults, parted by commas [default: all]
    #[arg(long, value_name = "FAULTS", value_delimiter = ',')]
    faults: Vec<Fault>,
    /// Tell the whole story of each seed that fails, made as short as can be found
    #[arg(long)]
    story: bool,
}

impl Args {
    fn plan(&self, seed: u64) -> Plan {
        let plan = Plan::of_seed(seed);
        if self.faults.is_empty() { plan } else { plan.with_faults(self.faults.iter().copied()) }
    }
}

/// What all seeds together came to.
#[derive(Default)]
struct Sum {
    emails: usize,
    steps: u64,
    days: i64,
    met: BTreeMap<&'static str, u64>,
    /// Seeds, their traces and what did not hold.
    failed: Vec<(u64, u64, String)>,
    /// The traces of all seeds, in whatever order they ended; of one seed, its own.
    trace: u64,
}

impl Sum {
    fn add(&mut self, nth: u64, seed: u64, report: Report) {
        self.emails += report.emails;
        self.steps += report.steps;
        self.days += report.days;
        self.trace ^= report.trace.rotate_left((nth % 64) as u32);
        for (what, count) in report.met {
            *self.met.entry(what).or_default() += count;
        }
        self.failed.extend(report.violation.map(|violation| (seed, report.trace, violation)));
    }
}

pub(super) fn run(args: &Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let bar = ProgressBar::new(args.seeds);
    if let Ok(style) = ProgressStyle::with_template("{pos:>8} of {len} seeds [{bar:40}] {msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    let next = AtomicU64::new(0);
    let sum = Mutex::new(Sum::default());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    if nth >= args.seeds {
                        return;
                    }
                    let seed = args.from.saturating_add(nth);
                    let report = simulate(&args.plan(seed));
                    let mut sum = sum.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    sum.add(nth, seed, report);
                    bar.set_message(format!("{} violations", sum.failed.len()));
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    let mut sum = sum.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    sum.failed.sort();
    print(args, &sum, out)?;
    if sum.failed.is_empty() { Ok(()) } else { Err(Failure::new("something did not hold")) }
}

fn print(args: &Args, sum: &Sum, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let last = args.from.saturating_add(args.seeds.saturating_sub(1));
    writeln!(
        out,
        "seeds {} to {last}: {} violations in {} emails, {} virtual days and {} steps; trace {:016x}",
        args.from,
        sum.failed.len(),
        sum.emails,
        sum.days,
        sum.steps,
        sum.trace
    )?;
    writeln!(out)?;
    for (what, count) in &sum.met {
        writeln!(out, "{count:>10}  {what}")?;
    }
    for (seed, trace, violation) in &sum.failed {
        writeln!(out, "\nseed {seed}, trace {trace:016x}: {violation}")?;
        if args.story
            && let Some((plan, report)) = shrink(&args.plan(*seed))
        {
            writeln!(out, "{plan:#?}")?;
            for line in report.story {
                writeln!(out, "  {line}")?;
            }
        }
    }
    Ok(())
}
