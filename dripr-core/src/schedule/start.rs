//! The narrower hours in which a sender may begin a call.

use std::time::Duration;

use chrono::TimeDelta;

use super::{Instant, LATEST, SendingHours, SendingRules, Window, clamp::OpenTime, supported::nearest};

/// A window in which no call could both begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "window {window} lasts {} s, no longer than the call timeout of {} s: no call could begin and end inside",
    .window.length().as_secs(), .timeout.as_secs_f64()
)]
pub struct WindowTooShort {
    /// The window of the rules.
    pub window: Window,
    /// The longest that a call to the mail provider may take.
    pub timeout: Duration,
}

impl SendingRules {
    /// Refuses a window that is no longer than a call's timeout. To be asked once, when starting.
    ///
    /// ```
    /// use dripr_core::schedule::SendingRules;
    /// use std::time::Duration;
    /// let rules = SendingRules::default(); // seven hours
    /// assert!(rules.check_timeout(Duration::from_secs(30)).is_ok());
    /// let refused = rules.check_timeout(Duration::from_secs(7 * 3600)).unwrap_err();
    /// assert!(refused.to_string().starts_with("window 11:00-18:00 lasts 25200 s, no longer than"));
    /// ```
    ///
    /// # Errors
    /// [`WindowTooShort`], naming both.
    pub fn check_timeout(&self, call_timeout: Duration) -> Result<(), WindowTooShort> {
        match self.hours() {
            SendingHours::Within(window) if window.length() <= call_timeout => {
                Err(WindowTooShort { window, timeout: call_timeout })
            }
            SendingHours::Within(_) | SendingHours::Anytime { .. } => Ok(()),
        }
    }

    /// Whether a call that takes up to `call_timeout` may begin at `t`: it would end inside the window.
    ///
    /// That is from the opening on and before the closing less the timeout; at any time when the window is
    /// off. Never outside the supported range, and never for a timeout that
    /// [`check_timeout`](Self::check_timeout) refuses.
    ///
    /// ```
    /// use dripr_core::schedule::SendingRules;
    /// use std::time::Duration;
    /// let rules = SendingRules::default(); // closes at 18:00
    /// let timeout = Duration::from_secs(30);
    /// assert!(rules.may_start("2026-07-18T21:59:29Z".parse()?, timeout));
    /// assert!(!rules.may_start("2026-07-18T21:59:30Z".parse()?, timeout));
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn may_start(&self, t: Instant, call_timeout: Duration) -> bool {
        // Nothing is sent by a clock that shows such a time.
        if t != nearest(t) || t == LATEST {
            return false;
        }
        match (self.hours(), self.usable_timeout(call_timeout)) {
            (SendingHours::Anytime { .. }, _) => true,
            (SendingHours::Within(_), None) => false,
            (SendingHours::Within(window), Some(timeout)) => {
                let OpenTime { opening, closing } = self.open_time(window, t);
                opening <= t && t < closing - timeout
            }
        }
    }

    /// The first instant at or after `t` at which a call may begin, as [`may_start`](Self::may_start) has it.
    ///
    /// A sender that is refused is due then. Where there is no such instant, the answer is [`LATEST`].
    ///
    /// ```
    /// use dripr_core::schedule::{Instant, SendingRules};
    /// use std::time::Duration;
    /// let due = SendingRules::default().start_at("2026-07-18T21:59:45Z".parse()?, Duration::from_secs(30));
    /// assert_eq!(due, "2026-07-19T15:00:00Z".parse::<Instant>()?);
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn start_at(&self, t: Instant, call_timeout: Duration) -> Instant {
        let mut t = nearest(t);
        match (self.hours(), self.usable_timeout(call_timeout)) {
            (SendingHours::Anytime { .. }, _) => t,
            (SendingHours::Within(_), None) => LATEST,
            (SendingHours::Within(window), Some(timeout)) => {
                // The window of most days is longer than the timeout, so this takes one step or two; a
                // clock change can shorten that of a day.
                while t < LATEST {
                    let OpenTime { opening, closing } = self.open_time(window, t);
                    let start = opening.max(t);
                    if start < closing - timeout {
                        return start.min(LATEST);
                    }
                    t = closing;
                }
                LATEST
            }
        }
    }

    fn usable_timeout(&self, call_timeout: Duration) -> Option<TimeDelta> {
        self.check_timeout(call_timeout).ok()?;
        TimeDelta::from_std(call_timeout).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_shortened_by_a_clock_change_is_passed_over() {
        // 02:00 to 04:00 lasts one hour on the night that clocks go forward.
        let window = Window::new("02:00".parse().unwrap(), "04:00".parse().unwrap()).unwrap();
        let rules = SendingRules::default().with_window(window);
        let timeout = Duration::from_secs(90 * 60);
        assert!(rules.check_timeout(timeout).is_ok());
        assert_eq!(rules.start_at(at("2026-03-08T05:00:00Z"), timeout), at("2026-03-09T06:00:00Z"));
        assert!(!rules.may_start(at("2026-03-08T07:00:00Z"), timeout));
    }

    #[test]
    fn a_refused_timeout_never_starts() {
        let rules = SendingRules::default();
        for timeout in [Duration::from_secs(7 * 3600), Duration::MAX] {
            assert!(!rules.may_start(at("2026-07-18T15:00:00Z"), timeout));
            assert_eq!(rules.start_at(at("2026-07-18T15:00:00Z"), timeout), LATEST);
        }
    }

    #[test]
    fn after_the_last_window_there_is_only_the_end_of_the_range() {
        let (rules, timeout) = (SendingRules::default(), Duration::from_secs(30));
        for t in [LATEST - TimeDelta::nanoseconds(1), LATEST, Instant::MAX_UTC] {
            assert!(rules.start_at(t, timeout) <= LATEST);
        }
        assert_eq!(rules.start_at(LATEST, timeout), LATEST);
    }

    #[test]
    fn without_a_window_any_time_will_do_but_those_no_clock_should_show() {
        let rules = SendingRules::default().without_window();
        assert!(rules.check_timeout(Duration::MAX).is_ok());
        assert!(rules.may_start(at("2026-07-18T03:00:00Z"), Duration::MAX));
        assert!(!rules.may_start(Instant::MAX_UTC, Duration::ZERO));
        assert!(!rules.may_start(Instant::MIN_UTC, Duration::ZERO));
    }
}
