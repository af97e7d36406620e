//! The simulation over the real SQLite store: what must hold there holds here too.

use dripr_core::testkit::simulation::{Plan, every_crash_point, simulate_on};
use dripr_tests::SharedFile;

#[test]
fn whatever_breaks_everything_holds_over_sqlite() {
    let seeds = std::env::var("DRIPR_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(300) / 30;
    let mut emails = 0;
    for seed in 1..=seeds {
        let report = simulate_on(&Plan::of_seed(seed), SharedFile::new().unwrap());
        assert_eq!(report.violation, None, "seed {seed}:\n{}", report.story.join("\n"));
        emails += report.emails;
    }
    println!("{seeds} seeds, {emails} emails");
    assert!(emails > 20);
}

#[test]
fn no_single_fault_at_any_call_loses_or_repeats_an_email_over_sqlite() {
    let run = |plan: &Plan| simulate_on(plan, SharedFile::new().unwrap());
    // One day of trouble, on which emails are due: each run opens and fills a file of its own.
    let day = |seed| Plan { campaigns: 2, troubled_days: Some(1), calm_days: 6, ..Plan::quiet_month(seed) };
    let plan = (1..).map(day).find(|plan| run(plan).calls.contains_key("mailer.send")).unwrap();
    let points = every_crash_point(&plan, run);
    println!("seed {}: {} runs, {} emails in each", plan.seed, points.runs, points.golden.emails);
    assert_eq!(points.golden.violation, None);
    let (failed, runs) = (&points.failed, points.runs);
    assert!(failed.is_empty(), "{} of {runs}, such as {:#?}", failed.len(), failed.first());
    assert!(points.injected > 200);
}
