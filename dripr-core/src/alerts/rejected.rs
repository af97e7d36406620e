//! Webhooks that come in and cannot be verified.

use chrono::TimeDelta;

use crate::schedule::Instant;

/// So many in a row at least must have come before they say anything: anybody may send such webhooks.
const AT_LEAST: u64 = 3;
/// For so long they say something.
const FRESH: TimeDelta = TimeDelta::hours(24);

/// The webhooks of one sender that could not be verified, as a process saw them come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rejected {
    /// All of them.
    pub all: u64,
    /// Those since one came that could be verified.
    pub in_a_row: u64,
    /// When the last one came.
    pub last: Option<Instant>,
}

impl Rejected {
    /// Another one came.
    pub fn another(&mut self, now: Instant) {
        self.all = self.all.saturating_add(1);
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.last = Some(now);
    }

    /// One came that could be verified: the secret is the same at both ends.
    pub const fn genuine(&mut self) {
        self.in_a_row = 0;
    }

    /// How many came in a row, if they are so many that the secret may be another one at each end: three at least, the last of
    /// them within a day.
    ///
    /// ```
    /// use dripr_core::alerts::Rejected;
    ///
    /// let now = "2026-03-12T15:00:00Z".parse()?;
    /// let mut rejected = Rejected::default();
    /// for _ in 0..3 {
    ///     assert_eq!(rejected.alarming(now), None);
    ///     rejected.another(now);
    /// }
    /// assert_eq!(rejected.alarming(now), Some(3));
    /// assert_eq!(rejected.alarming("2026-03-13T15:00:01Z".parse()?), None);
    /// rejected.genuine();
    /// assert_eq!((rejected.alarming(now), rejected.all), (None, 3));
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn alarming(&self, now: Instant) -> Option<u64> {
        // A clock that was put back does not make them old.
        let fresh = self.last.is_some_and(|last| now.signed_duration_since(last) <= FRESH);
        (fresh && self.in_a_row >= AT_LEAST).then_some(self.in_a_row)
    }
}
