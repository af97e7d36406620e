//! Counting days back.

use chrono::{Days, NaiveDate};

/// The day so many days before another, or the first there is.
pub(crate) fn days_before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}
