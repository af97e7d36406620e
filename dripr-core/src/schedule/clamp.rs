//! The first instant at which mail may leave.

use chrono::{NaiveDate, Timelike};

use super::{
    Instant, LATEST, SendingHours, SendingRules, TimeOfDay, Window,
    local_time::{Reached, local, reach},
    supported::{nearest, nearest_date},
};

/// One day's window as instants, never empty: mail may leave from `opening` on and before `closing`.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenTime {
    pub(super) opening: Instant,
    pub(super) closing: Instant,
}

impl SendingRules {
    /// The first instant at or after `t` inside a window; with the window off, `t` itself.
    ///
    /// A window is half open, so its closing time is outside. What is inside is judged by instants: when
    /// clocks go back, the times shown twice belong to a window once.
    ///
    /// ```
    /// use dripr_core::schedule::{Instant, SendingRules};
    /// let rules = SendingRules::default(); // New York, 11:00 to 18:00
    /// let at = |text: &str| text.parse::<Instant>();
    /// assert_eq!(rules.clamp(at("2026-07-18T21:59:59Z")?), at("2026-07-18T21:59:59Z")?); // 17:59:59
    /// assert_eq!(rules.clamp(at("2026-07-18T22:00:00Z")?), at("2026-07-19T15:00:00Z")?); // 18:00
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn clamp(&self, t: Instant) -> Instant {
        let t = nearest(t);
        match self.hours() {
            SendingHours::Anytime { .. } => t,
            SendingHours::Within(window) => self.open_time(window, t).opening.max(t).min(LATEST),
        }
    }

    /// The civil date that the calendar of the sending zone shows at `t`.
    ///
    /// ```
    /// use dripr_core::schedule::SendingRules;
    /// let date = SendingRules::default().civil_date("2026-07-18T03:00:00Z".parse()?);
    /// assert_eq!(date.to_string(), "2026-07-17"); // 23:00 in New York
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn civil_date(&self, t: Instant) -> NaiveDate {
        local(self.zone(), nearest(t)).date()
    }

    /// The first instant at which the clocks of the sending zone have reached a time on a date.
    ///
    /// ```
    /// use dripr_core::schedule::{Instant, SendingRules};
    /// let nine = SendingRules::default().reached("2026-07-18".parse()?, "09:00".parse()?);
    /// assert_eq!(nine, "2026-07-18T13:00:00Z".parse::<Instant>()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn reached(&self, date: NaiveDate, time: TimeOfDay) -> Instant {
        nearest(reach(self.zone(), nearest_date(date), time).at)
    }

    /// The day's window that `t` is in, or else the next one. `t` must be in the supported range.
    pub(super) fn open_time(&self, window: Window, t: Instant) -> OpenTime {
        let zone = self.zone();
        let shown = local(zone, t);
        let mut date = shown.date();
        // Where the clocks already show the closing time, the day is over. (The reverse does not hold:
        // clocks that went back show an earlier time although the closing has passed.)
        if shown.num_seconds_from_midnight() >= 60 * u32::from(window.closes().minutes()) {
            date = date.succ_opt().unwrap_or(date);
        }
        loop {
            let closing = reach(zone, date, window.closes()).at;
            if closing > t {
                let opening = reach(zone, date, window.opens()).at;
                // Empty where the clocks jump over all of it.
                if opening < closing {
                    return OpenTime { opening, closing };
                }
            }
            match date.succ_opt() {
                Some(next) if next <= nearest_date(NaiveDate::MAX) => date = next,
                // No window is left in the supported range. The end of it is all there is to give.
                _ => return OpenTime { opening: LATEST, closing: LATEST },
            }
        }
    }

    /// The opening of a day, empty or not: the first instant that has reached `opens`.
    pub(super) fn opening(&self, date: NaiveDate) -> Instant {
        nearest(self.reach_opening(date).at)
    }

    /// As [`Self::opening`], telling whether the clocks jump over it.
    pub(super) fn reach_opening(&self, date: NaiveDate) -> Reached {
        reach(self.zone(), nearest_date(date), self.hours().opens())
    }

    /// The closing of a day, empty or not: the first instant that has reached `closes`.
    pub(super) fn closing(&self, date: NaiveDate) -> Instant {
        nearest(reach(self.zone(), nearest_date(date), self.hours().closes()).at)
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Pacific, Tz};

    use super::*;

    fn rules(zone: Tz, opens: &str, closes: &str) -> SendingRules {
        let window = Window::new(opens.parse().unwrap(), closes.parse().unwrap()).unwrap();
        SendingRules::default().with_zone(zone).with_window(window)
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_inside_the_hour_that_clocks_skip_is_empty_that_day() {
        let rules = rules(America::New_York, "02:00", "03:00");
        assert_eq!(rules.clamp(at("2026-03-07T08:00:00Z")), at("2026-03-09T06:00:00Z"));
    }

    #[test]
    fn a_window_cut_by_the_skipped_hour_opens_on_its_far_side() {
        let rules = rules(America::New_York, "02:30", "06:00");
        assert_eq!(rules.clamp(at("2026-03-08T06:00:00Z")), at("2026-03-08T07:00:00Z"));
    }

    #[test]
    fn a_window_in_the_repeated_hour_is_open_the_first_time_only() {
        let rules = rules(America::New_York, "01:15", "01:45");
        assert_eq!(rules.clamp(at("2026-11-01T05:44:59Z")), at("2026-11-01T05:44:59Z"));
        assert_eq!(rules.clamp(at("2026-11-01T06:30:00Z")), at("2026-11-02T06:15:00Z")); // 01:30 once more
    }

    #[test]
    fn a_window_around_the_repeated_hour_stays_open_through_it() {
        let rules = rules(America::New_York, "01:30", "05:00");
        assert_eq!(rules.clamp(at("2026-11-01T06:15:00Z")), at("2026-11-01T06:15:00Z")); // 01:15 once more
    }

    #[test]
    fn a_skipped_day_has_no_window() {
        let rules = rules(Pacific::Apia, "11:00", "24:00");
        let last_of_29th = at("2011-12-30T09:59:59Z");
        assert_eq!(rules.clamp(last_of_29th), last_of_29th);
        assert_eq!(rules.clamp(at("2011-12-30T10:00:00Z")), at("2011-12-30T21:00:00Z")); // 31st, 11:00
    }

    #[test]
    fn instants_without_end_are_taken_for_the_end_of_the_range() {
        for rules in [SendingRules::default(), rules(Pacific::Kiritimati, "00:00", "24:00")] {
            assert_eq!(rules.clamp(Instant::MAX_UTC), LATEST);
            assert_eq!(rules.clamp(LATEST), LATEST);
            assert!(rules.clamp(Instant::MIN_UTC).timestamp() < super::super::EARLIEST.timestamp() + 86_400);
        }
    }
}
