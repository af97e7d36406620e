//! `dripr schedule`: when the emails of a campaign would leave. Needs neither database nor configuration.

use std::{io::Write, path::PathBuf};

use dripr_core::schedule::{
    Delay, Instant, SendDay, SendingHours, SendingRules, TimeOfDay, Window, start_of_day,
};
use serde::Serialize;

use super::{print_json, shown};
use crate::{
    config::{Config, Setting, process_environment},
    failure::Failure,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// When the campaign is made: an RFC 3339 time, or a date
    #[arg(long, value_name = "TIME")]
    created: String,
    /// The send day, 1 to 28
    #[arg(long, value_name = "DAY")]
    day: SendDay,
    /// How many emails to show
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// A JSON array of objects with `slot` and `prepare_at`
    #[arg(long)]
    json: bool,
    /// Take zone, window and numbers from a configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// With --config: overrides a key of it and the environment; may be given more than once
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<Setting>,
    /// The IANA zone of the sending rules
    #[arg(long)]
    zone: Option<String>,
    /// When the window opens, HH:MM
    #[arg(long, value_name = "HH:MM")]
    opens: Option<TimeOfDay>,
    /// When the window closes, HH:MM
    #[arg(long, value_name = "HH:MM", conflicts_with = "window_off")]
    closes: Option<TimeOfDay>,
    /// Let mail leave at any time; slots stay at the opening
    #[arg(long)]
    window_off: bool,
    /// Hours from creation until the first email may leave
    #[arg(long, value_name = "HOURS")]
    first_time_delay_hours: Option<u16>,
    /// Hours before its slot at which an email's preparation begins
    #[arg(long, value_name = "HOURS")]
    lead_hours: Option<u16>,
    /// Calendar days between two emails
    #[arg(long, value_name = "DAYS")]
    minimum_gap_days: Option<u8>,
    /// Show the preparation of a campaign whose agent approves each email
    #[arg(long)]
    approval: bool,
}

#[derive(Serialize)]
struct Line {
    slot: String,
    prepare_at: String,
}

pub(super) fn run(args: &Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let rules = args.rules()?;
    let created = args.created(&rules)?;
    let mut lines = Vec::new();
    let mut slot = rules.first_slot(created, args.day);
    for _ in 0..args.count {
        let prepare_at = rules.preparation(created, slot, args.approval);
        lines.push(Line { slot: shown(slot.at()), prepare_at: shown(prepare_at) });
        slot = rules.next_slot(slot, Some(slot.at()), args.day);
    }
    if args.json {
        return print_json(out, &lines);
    }
    writeln!(out, "{:<24}  preparation begins", "email leaves from")?;
    for line in lines {
        writeln!(out, "{:<24}  {}", line.slot, line.prepare_at)?;
    }
    Ok(())
}

impl Args {
    fn rules(&self) -> Result<SendingRules, Failure> {
        let mut rules = match &self.config {
            Some(path) => Config::load_with(path, self.set.clone(), &process_environment)?.policy.rules,
            None if !self.set.is_empty() => {
                return Err(Failure::new("--set: nobody heeds it without --config"));
            }
            None => SendingRules::default(),
        };
        if let Some(zone) = &self.zone {
            rules = rules.with_zone_name(zone)?;
        }
        let opens = self.opens.unwrap_or(rules.hours().opens());
        let windowed = matches!(rules.hours(), SendingHours::Within(_)) || self.closes.is_some();
        rules = if self.window_off || !windowed {
            rules.with_hours(SendingHours::Anytime { opens })?
        } else {
            rules.with_window(Window::new(opens, self.closes.unwrap_or(rules.hours().closes()))?)
        };
        if let Some(hours) = self.first_time_delay_hours {
            rules = rules.with_first_time_delay(Delay::from_hours(hours));
        }
        if let Some(hours) = self.lead_hours {
            rules = rules.with_lead(Delay::from_hours(hours));
        }
        if let Some(days) = self.minimum_gap_days {
            rules = rules.with_minimum_gap_days(days)?;
        }
        Ok(rules)
    }

    fn created(&self, rules: &SendingRules) -> Result<Instant, Failure> {
        let text = self.created.trim();
        let at = chrono::DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).ok();
        let date = || text.parse().ok().and_then(|date| start_of_day(date, rules.zone()));
        at.or_else(date).ok_or_else(|| {
            let shown: String = text.chars().take(60).collect();
            Failure::new(format!(
                "--created must be an RFC 3339 time such as 2026-03-01T15:00:00Z, or a date, not {shown:?}"
            ))
        })
    }
}
