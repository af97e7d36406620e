//! The years in which send dates are computed.
//!
//! The calendar library reaches a quarter of a million years either way, and adding a month at its very
//! end overflows. Staying four-digit years away from both ends makes every sum below safe, keeps loops
//! over months short, and lets a civil date always be written `YYYY-MM-DD`.

use chrono::NaiveDate;

use super::Instant;

/// The first supported instant, 0001-01-01T00:00:00Z. What lies before is taken for it.
///
/// ```
/// use dripr_core::schedule::{EARLIEST, Instant, SendingRules};
/// let clamped = SendingRules::default().clamp(Instant::MIN_UTC);
/// assert!(clamped >= EARLIEST);
/// ```
pub const EARLIEST: Instant = at_start_of(1);

/// The last supported instant, 9999-01-01T00:00:00Z. What lies after is taken for it.
///
/// ```
/// use dripr_core::schedule::{Instant, LATEST, SendingRules};
/// assert_eq!(SendingRules::default().clamp(Instant::MAX_UTC), LATEST);
/// ```
pub const LATEST: Instant = at_start_of(9999);

const fn at_start_of(year: i32) -> Instant {
    match NaiveDate::from_ymd_opt(year, 1, 1) {
        Some(date) => date.and_time(chrono::NaiveTime::MIN).and_utc(),
        None => Instant::UNIX_EPOCH,
    }
}

/// The supported instant nearest to `t`.
pub(super) fn nearest(t: Instant) -> Instant {
    t.clamp(EARLIEST, LATEST)
}

/// The nearest date that an instant of the supported range can have in some zone.
pub(super) fn nearest_date(date: NaiveDate) -> NaiveDate {
    // A zone can be up to a day behind or ahead of UTC.
    const FIRST: NaiveDate = EARLIEST.naive_utc().date().pred_opt().expect("year 1 has a day before");
    const LAST: NaiveDate = LATEST.naive_utc().date().succ_opt().expect("year 9999 has a second day");
    date.clamp(FIRST, LAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_the_years_1_to_9998() {
        assert_eq!(EARLIEST.to_rfc3339(), "0001-01-01T00:00:00+00:00");
        assert_eq!(LATEST.to_rfc3339(), "9999-01-01T00:00:00+00:00");
    }

    #[test]
    fn what_lies_outside_is_taken_for_the_nearer_end() {
        assert_eq!(nearest(Instant::MIN_UTC), EARLIEST);
        assert_eq!(nearest(Instant::MAX_UTC), LATEST);
        assert_eq!(nearest_date(NaiveDate::MIN).to_string(), "0000-12-31");
        assert_eq!(nearest_date(NaiveDate::MAX).to_string(), "9999-01-02");
    }
}
