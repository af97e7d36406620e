//! From wall-clock times of a zone to instants, and back.
//!
//! Every wall-clock time in the rules stands for the *first instant whose local time has reached it*. That
//! one sentence settles all clock changes: of two equal times the earlier counts, and a time that the
//! clocks jump over is the far side of the jump, be it an hour wide or, where a country crossed the date
//! line, a day.

use chrono::{MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::{GapInfo, Tz};

use super::{EARLIEST, Instant, LATEST, TimeOfDay};

/// The first instant that has reached a wall-clock time.
#[derive(Clone, Copy)]
pub(super) struct Reached {
    pub(super) at: Instant,
    /// The clocks jump over the wall-clock time, so `at` shows a later one, perhaps of a later date.
    pub(super) skipped: bool,
}

/// What the clocks of `zone` show at `t`.
pub(super) fn local(zone: Tz, t: Instant) -> NaiveDateTime {
    let offset = zone.offset_from_utc_datetime(&t.naive_utc()).fix();
    t.naive_utc().checked_add_offset(offset).unwrap_or(t.naive_utc())
}

/// The first instant at which the clocks of `zone` have reached `time` on `date`.
pub(super) fn reach(zone: Tz, date: NaiveDate, time: TimeOfDay) -> Reached {
    let wanted = date_time(date, time);
    match zone.offset_from_local_datetime(&wanted) {
        // Of two equal times the first is the earlier.
        MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
            Reached { at: to_utc(wanted, &offset), skipped: false }
        }
        MappedLocalTime::None => far_side_of_gap(zone, wanted),
    }
}

/// The first instant of a civil day in a zone: of two midnights the first, and where the clocks jump over midnight, the far side of
/// the jump. A day that a zone left out begins where the next one does. `None` outside of the years in which send dates are computed.
///
/// ```
/// use chrono_tz::America;
/// use dripr_core::schedule::{Instant, start_of_day};
/// let start = start_of_day("2026-03-09".parse()?, America::New_York);
/// assert_eq!(start, Some("2026-03-09T04:00:00Z".parse::<Instant>()?));
/// // That day the clocks of Brazil went from midnight to one o'clock.
/// let start = start_of_day("2017-10-15".parse()?, America::Sao_Paulo);
/// assert_eq!(start, Some("2017-10-15T03:00:00Z".parse::<Instant>()?));
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[must_use]
pub fn start_of_day(date: NaiveDate, zone: Tz) -> Option<Instant> {
    let supported = EARLIEST.date_naive()..=LATEST.date_naive();
    supported.contains(&date).then(|| reach(zone, date, TimeOfDay::MIDNIGHT).at)
}

/// The last instant at which the clocks of `zone` come to `time` on `date`: differs from [`reach`] only
/// where they show it twice.
pub(super) fn reach_again(zone: Tz, date: NaiveDate, time: TimeOfDay) -> Instant {
    let wanted = date_time(date, time);
    match zone.offset_from_local_datetime(&wanted) {
        MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(_, offset) => to_utc(wanted, &offset),
        MappedLocalTime::None => far_side_of_gap(zone, wanted).at,
    }
}

#[cold]
fn far_side_of_gap(zone: Tz, wanted: NaiveDateTime) -> Reached {
    // The jump is one instant. Its near side, seen with the offset before it, always exists: there is
    // no gap before the first clock change that is known.
    let jump = GapInfo::new(&wanted, &zone).and_then(|gap| gap.begin);
    let at = jump.map_or(wanted.and_utc(), |(shown, before)| to_utc(shown, &before));
    Reached { at, skipped: true }
}

fn date_time(date: NaiveDate, time: TimeOfDay) -> NaiveDateTime {
    // 24:00 is the midnight of the next day, which may itself be skipped or come twice.
    match NaiveTime::from_num_seconds_from_midnight_opt(u32::from(time.minutes()) * 60, 0) {
        Some(time) => date.and_time(time),
        None => date.succ_opt().unwrap_or(date).and_time(NaiveTime::MIN),
    }
}

fn to_utc(shown: NaiveDateTime, offset: &impl Offset) -> Instant {
    // Dates are kept inside the supported range before they come here, so no offset overflows.
    shown.checked_sub_offset(offset.fix()).unwrap_or(shown).and_utc()
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Pacific};

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn reached(zone: Tz, date: &str, time: &str) -> Instant {
        reach(zone, date.parse().unwrap(), time.parse().unwrap()).at
    }

    #[test]
    fn of_two_equal_times_the_earlier_counts() {
        assert_eq!(reached(America::New_York, "2026-11-01", "01:30"), at("2026-11-01T05:30:00Z"));
        let again = reach_again(America::New_York, "2026-11-01".parse().unwrap(), "01:30".parse().unwrap());
        assert_eq!(again, at("2026-11-01T06:30:00Z"));
    }

    #[test]
    fn a_time_that_does_not_exist_is_the_far_side_of_the_gap() {
        for time in ["02:00", "02:30", "03:00"] {
            assert_eq!(reached(America::New_York, "2026-03-08", time), at("2026-03-08T07:00:00Z"), "{time}");
        }
        assert_eq!(reached(America::New_York, "2026-03-08", "01:59"), at("2026-03-08T06:59:00Z"));
    }

    #[test]
    fn all_of_a_skipped_day_is_the_midnight_after_it() {
        for (date, time) in [
            ("2011-12-29", "24:00"),
            ("2011-12-30", "00:00"),
            ("2011-12-30", "11:00"),
            ("2011-12-30", "24:00"),
        ] {
            assert_eq!(reached(Pacific::Apia, date, time), at("2011-12-30T10:00:00Z"), "{date} {time}");
        }
    }

    #[test]
    fn a_midnight_that_comes_twice_begins_the_day_once() {
        // At 00:01 on the 1st the clocks of St John's went back to 23:01 on the 31st.
        assert_eq!(reached(America::St_Johns, "2009-10-31", "24:00"), at("2009-11-01T02:30:00Z"));
        assert_eq!(local(America::St_Johns, at("2009-11-01T02:31:00Z")).to_string(), "2009-10-31 23:01:00");
    }

    #[test]
    fn days_begin_in_the_supported_years_alone() {
        let start = |date: &str| start_of_day(date.parse().unwrap(), Tz::UTC);
        assert_eq!(start("0001-01-01"), Some(EARLIEST));
        assert_eq!(start("9999-01-01"), Some(LATEST));
        assert_eq!((start("0000-12-31"), start("9999-01-02")), (None, None));
        assert_eq!(start_of_day(NaiveDate::MIN, Tz::UTC), None);
        assert_eq!(start_of_day(NaiveDate::MAX, America::New_York), None);
    }
}
