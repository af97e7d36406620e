//! The day that is asked about, against the only one that Zillow knows: today.

use chrono::{Days, NaiveDate};
use dripr_core::schedule::Instant;

/// The day that is asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct AskedDay {
    pub(super) as_of: NaiveDate,
    today: NaiveDate,
}

impl AskedDay {
    pub(super) fn new(as_of: NaiveDate, now: Instant) -> Self {
        Self { as_of, today: now.date_naive() }
    }

    /// Whether what holds today may be told of it. A day's difference is one of time zones.
    pub(super) fn is_today(self) -> bool {
        self.days_past() <= 1
    }

    /// How many days it is gone.
    pub(super) fn days_past(self) -> i64 {
        self.today.signed_duration_since(self.as_of).num_days()
    }

    /// The latest day of which something may be told that holds today.
    pub(super) fn known_on(self) -> NaiveDate {
        self.today.min(self.as_of)
    }

    /// The day so many days before today, which is the day asked about where only time zones keep them apart.
    pub(super) fn days_ago(self, days: u32) -> Option<NaiveDate> {
        let today = if self.is_today() { self.known_on() } else { self.today };
        today.checked_sub_days(Days::new(u64::from(days)))
    }
}
