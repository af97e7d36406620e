//! The emails after the first.

use chrono::{Datelike, Days, NaiveDate};

use super::{
    Cycle, Instant, LATEST, SendDay, SendingRules, Slot,
    supported::{nearest, nearest_date},
};

impl SendingRules {
    /// The slot after `slot`, whose email was sent at `sent`, or never.
    ///
    /// It is the opening of the first send day in a later month than the slot's that lies at least the
    /// minimum gap, in calendar days, after both the slot and the sending. An email that left late may
    /// postpone the next by whole months, and never shifts its day. Slots strictly increase, up to the end
    /// of the supported range: there the next slot is [`LATEST`].
    ///
    /// `sent` is the start of the attempt; an email that is held counts as sent.
    ///
    /// ```
    /// use dripr_core::schedule::{Instant, SendDay, SendingRules};
    /// let rules = SendingRules::default();
    /// let day = SendDay::new(1)?;
    /// let first = rules.first_slot("2026-07-18T16:00:00Z".parse()?, day);
    /// assert_eq!(first.cycle().to_string(), "2026-07-19");
    /// // 1 August is 13 days after 19 July, closer than the minimum gap of 14.
    /// let next = rules.next_slot(first, Some(first.at()), day);
    /// assert_eq!(next.cycle().to_string(), "2026-09-01");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn next_slot(&self, slot: Slot, sent: Option<Instant>, day: SendDay) -> Slot {
        let after = nearest(slot.at());
        let slot_date = nearest_date(slot.cycle().date());
        let gap = Days::new(self.minimum_gap_days().into());
        let after_gap = |date: NaiveDate| date.checked_add_days(gap).unwrap_or(date);

        let mut month = Month::of(slot_date).next();
        let mut earliest_date = after_gap(slot_date);
        if let Some(sent) = sent.map(nearest) {
            // No zone is more than a day ahead of UTC. Most emails leave on time, long before the next send
            // day, and then their exact date need not be looked up.
            let latest_date = sent.date_naive().succ_opt();
            if month.day(day) < latest_date.map(after_gap) {
                earliest_date = earliest_date.max(after_gap(self.civil_date(sent)));
            }
        }
        month = month.max(Month::of(earliest_date));
        loop {
            let Some(date) = month.day(day) else { return self.last_slot() };
            let opening = self.reach_opening(date);
            if opening.at > LATEST {
                return self.last_slot();
            }
            // Where the clocks jump over the opening, the date they show after the jump counts.
            let date = if opening.skipped { self.civil_date(opening.at) } else { date };
            // The date alone does not order instants: clocks that go back over a midnight show a date
            // again, and a stored slot may be at odds with its cycle.
            if date >= earliest_date && opening.at > after {
                return Slot::from_stored(opening.at, Cycle::new(date));
            }
            month = month.next();
            if opening.at <= after {
                month = month.max(Month::of(self.civil_date(after)));
            }
        }
    }

    /// Where slots end: the end of the supported range.
    #[cold]
    fn last_slot(&self) -> Slot {
        Slot::from_stored(LATEST, Cycle::new(self.civil_date(LATEST)))
    }
}

/// A month of the calendar, counted from the year 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Month(i32);

impl Month {
    fn of(date: NaiveDate) -> Self {
        // Dates are kept to four-digit years, far from any overflow.
        Self(date.year() * 12 + date.month0().cast_signed())
    }

    fn next(self) -> Self {
        Self(self.0 + 1)
    }

    fn day(self, day: SendDay) -> Option<NaiveDate> {
        let month0 = self.0.rem_euclid(12).cast_unsigned();
        NaiveDate::from_ymd_opt(self.0.div_euclid(12), month0 + 1, day.get().into())
            .filter(|date| *date <= nearest_date(*date))
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Pacific, Tz};

    use super::*;
    use crate::schedule::Window;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn slot(at: &str, cycle: &str) -> Slot {
        Slot::from_stored(at.parse().unwrap(), cycle.parse().unwrap())
    }

    fn rules(zone: Tz, opens: &str, closes: &str) -> SendingRules {
        let window = Window::new(opens.parse().unwrap(), closes.parse().unwrap()).unwrap();
        SendingRules::default().with_zone(zone).with_window(window)
    }

    #[test]
    fn a_late_email_postpones_by_whole_months_and_keeps_the_day() {
        let rules = SendingRules::default();
        let day = SendDay::new(5).unwrap();
        let july = slot("2026-07-05T15:00:00Z", "2026-07-05");
        let next = |sent: &str| rules.next_slot(july, Some(at(sent)), day).cycle().to_string();
        assert_eq!(next("2026-07-19T15:00:00Z"), "2026-08-05");
        assert_eq!(next("2026-07-22T15:00:00Z"), "2026-08-05"); // 14 days
        assert_eq!(next("2026-07-23T15:00:00Z"), "2026-09-05"); // 13 days
        assert_eq!(next("2027-07-23T15:00:00Z"), "2027-09-05");
    }

    #[test]
    fn the_month_is_counted_from_the_slot_and_not_from_the_sending() {
        let january = slot("2026-01-28T16:00:00Z", "2026-01-28");
        let next =
            SendingRules::default().next_slot(january, Some(at("2026-02-10T16:00:00Z")), SendDay::LAST);
        assert_eq!(next, slot("2026-02-28T16:00:00Z", "2026-02-28"));
    }

    #[test]
    fn a_send_day_whose_window_is_skipped_still_has_a_slot() {
        let rules = rules(America::New_York, "02:00", "03:00");
        let next =
            rules.next_slot(slot("2026-02-08T07:00:00Z", "2026-02-08"), None, SendDay::new(8).unwrap());
        assert_eq!(next, slot("2026-03-08T07:00:00Z", "2026-03-08"));
        assert_eq!(rules.clamp(next.at()), at("2026-03-09T06:00:00Z"));
    }

    #[test]
    fn the_date_after_a_jump_over_midnight_counts_as_the_slots_own() {
        // Kwajalein left out 21 August 1993.
        let rules = rules(Pacific::Kwajalein, "11:00", "18:00");
        let july = slot("1993-07-21T23:00:00Z", "1993-07-21");
        let august = rules.next_slot(july, None, SendDay::new(21).unwrap());
        assert_eq!(august, slot("1993-08-21T12:00:00Z", "1993-08-22"));
    }

    #[test]
    fn slots_increase_where_clocks_show_a_midnight_twice() {
        let rules = rules(America::St_Johns, "00:00", "24:00").with_minimum_gap_days(0).unwrap();
        // The second 23:30 of 31 October, after 1 November had already begun.
        let first = slot("2009-11-01T03:00:00Z", "2009-10-31");
        let next = rules.next_slot(first, None, SendDay::FIRST);
        assert_eq!(next.cycle().to_string(), "2009-12-01");
    }

    #[test]
    fn a_slot_at_odds_with_its_cycle_is_still_followed_by_a_later_one() {
        let odd = slot("9000-01-15T00:00:00Z", "2026-01-15");
        let next = SendingRules::default().next_slot(odd, None, SendDay::FIRST);
        assert_eq!(next.cycle().to_string(), "9000-02-01");
    }

    #[test]
    fn slots_end_with_the_supported_range() {
        let rules = SendingRules::default();
        let last = Slot::from_stored(LATEST, Cycle::new(NaiveDate::MAX));
        for slot in [last, Slot::from_stored(Instant::MAX_UTC, Cycle::new(NaiveDate::MIN))] {
            assert_eq!(rules.next_slot(slot, Some(Instant::MAX_UTC), SendDay::LAST).at(), LATEST);
        }
        let first = Slot::from_stored(Instant::MIN_UTC, Cycle::new(NaiveDate::MIN));
        let next = rules.next_slot(first, Some(Instant::MIN_UTC), SendDay::LAST);
        assert_eq!(next.cycle().to_string(), "0001-01-28");
    }
}
