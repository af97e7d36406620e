//! The prompts of one version.

use dripr_core::{
    guard::Objection,
    ports::{HomeReportFacts, IntroFacts},
};
use serde_json::{Value, json};

use super::{Prompt, facts};

pub(super) const VERSION: &str = "v1";

const INTRO: &str = include_str!("prompts/v1/intro.txt");
const INTRO_WITHOUT_HOME: &str = include_str!("prompts/v1/intro_without_home.txt");
const HOME_REPORT: &str = include_str!("prompts/v1/home_report.txt");

/// Enough for the longest text that is let through, and not for a novel.
const MOST_TOKENS: u32 = 600;

pub(super) fn intro(facts: &IntroFacts, objections: &[Objection]) -> Prompt {
    let system = if facts.has_home { INTRO } else { INTRO_WITHOUT_HOME };
    prompt(system, facts::of_intro(facts), objections)
}

pub(super) fn home_report(facts: &HomeReportFacts, objections: &[Objection]) -> Prompt {
    prompt(HOME_REPORT, facts::of_home_report(facts), objections)
}

fn prompt(system: &'static str, mut document: Value, objections: &[Objection]) -> Prompt {
    if !objections.is_empty() {
        document["refused_because"] = json!(objections.iter().map(Objection::to_string).collect::<Vec<_>>());
    }
    Prompt { system, user: document.to_string(), most_tokens: MOST_TOKENS }
}
