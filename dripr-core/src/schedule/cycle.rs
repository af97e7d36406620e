//! The identity of one month's email.

use std::{fmt, str::FromStr};

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// The civil date of a slot in the sending zone. With the campaign it names one cycle: one email, at most.
///
/// Dates rather than instants name cycles because instants are derived: when a country changes its clocks,
/// a slot moves by an hour and its cycle stays the same.
///
/// ```
/// use dripr_core::schedule::Cycle;
/// let cycle: Cycle = "2026-07-18".parse()?;
/// assert_eq!(cycle.to_string(), "2026-07-18");
/// assert!("2026-07-18".parse::<Cycle>()? < "2026-08-01".parse()?);
/// # Ok::<(), dripr_core::schedule::InvalidCycle>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cycle(NaiveDate);

/// A text that is no date of a cycle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cycle must be a date written YYYY-MM-DD, not {value:?}")]
pub struct InvalidCycle {
    /// What was given, cut to 40 characters.
    pub value: String,
}

impl Cycle {
    /// The cycle of a civil date of the sending zone.
    #[must_use]
    pub fn new(date: NaiveDate) -> Self {
        Self(date)
    }

    /// The civil date, in the sending zone.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        self.0
    }

    /// The last date on which this cycle's email may leave.
    pub(super) fn last_date(self, grace_days: u8) -> NaiveDate {
        self.0.checked_add_days(Days::new(u64::from(grace_days))).unwrap_or(NaiveDate::MAX)
    }
}

impl From<NaiveDate> for Cycle {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

impl From<Cycle> for NaiveDate {
    fn from(cycle: Cycle) -> Self {
        cycle.0
    }
}

impl FromStr for Cycle {
    type Err = InvalidCycle;
    fn from_str(text: &str) -> Result<Self, InvalidCycle> {
        // A cycle is a key. Only one spelling is taken, so that equal cycles are equal texts.
        let date = text.parse::<NaiveDate>().ok().filter(|date| date.to_string() == text);
        date.map(Self).ok_or_else(|| InvalidCycle { value: text.chars().take(40).collect() })
    }
}

impl TryFrom<String> for Cycle {
    type Error = InvalidCycle;
    fn try_from(text: String) -> Result<Self, InvalidCycle> {
        text.parse()
    }
}

impl From<Cycle> for String {
    fn from(cycle: Cycle) -> Self {
        cycle.to_string()
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_has_one_spelling() {
        for text in
            ["2026-7-18", " 2026-07-18", "2026-07-18T00:00:00Z", "2026-02-29", "+2026-07-18", "", "20260718"]
        {
            assert!(text.parse::<Cycle>().is_err(), "{text:?}");
        }
        let cycle: Cycle = serde_json::from_str("\"2028-02-29\"").unwrap();
        assert_eq!(serde_json::to_string(&cycle).unwrap(), "\"2028-02-29\"");
    }
}
