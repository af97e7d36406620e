//! A span of whole hours.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A span of whole hours, elapsed time: across a clock change 24 h is 24 hours, not a day of the calendar.
///
/// Used for the first-time delay and for the leads. Its type bounds it to 65,535 hours, seven years.
///
/// ```
/// use dripr_core::schedule::Delay;
/// assert_eq!(Delay::from_hours(72).hours(), 72);
/// assert_eq!(Delay::from_hours(72).to_string(), "72 h");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Delay(u16);

impl Delay {
    /// A span of so many hours.
    #[must_use]
    pub const fn from_hours(hours: u16) -> Self {
        Self(hours)
    }

    /// How many hours it is.
    #[must_use]
    pub const fn hours(self) -> u16 {
        self.0
    }

    /// The span as the calendar library counts it.
    pub(super) fn to_delta(self) -> chrono::TimeDelta {
        chrono::TimeDelta::hours(i64::from(self.0))
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} h", self.0)
    }
}
