//! placeholder until merged
use crate::ports::{HomeReportFacts, IntroFacts};
use serde::{Deserialize, Serialize};
/// An objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Found.
    pub found: String,
}
impl std::fmt::Display for Objection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.found)
    }
}
/// Known.
#[derive(Debug)]
pub struct Known;
impl Known {
    /// I.
    #[must_use]
    pub fn of_intro(_: &IntroFacts) -> Self {
        Self
    }
    /// H.
    #[must_use]
    pub fn of_home_report(_: &HomeReportFacts) -> Self {
        Self
    }
}
/// Check.
#[must_use]
pub fn check(_: &str, _: &Known) -> Vec<Objection> {
    Vec::new()
}
