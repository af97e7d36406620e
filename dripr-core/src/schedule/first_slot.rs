//! A campaign's first email.

use chrono::Datelike;

use super::{Cycle, Instant, SendDay, SendingRules, Slot, supported::nearest};

impl SendingRules {
    /// When a campaign's first email is due.
    ///
    /// The first-time delay passes, then the window opens. If the send day of the month then reached is
    /// still ahead, or not over yet, the email waits for it; otherwise it leaves at once. So a new campaign
    /// waits at most for the send day of the month it can first send in.
    ///
    /// `created` is the campaign's creation, or its last enabling as long as it has never sent.
    ///
    /// ```
    /// use dripr_core::schedule::{Instant, SendDay, SendingRules};
    /// let rules = SendingRules::default();
    /// let created: Instant = "2026-07-18T16:00:00Z".parse()?; // noon in New York
    /// // The 25th is still ahead.
    /// let slot = rules.first_slot(created, SendDay::new(25)?);
    /// assert_eq!(slot.at(), "2026-07-25T15:00:00Z".parse::<Instant>()?);
    /// // The 1st has passed, so the email leaves when the delay has.
    /// let slot = rules.first_slot(created, SendDay::new(1)?);
    /// assert_eq!(slot.at(), "2026-07-19T16:00:00Z".parse::<Instant>()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn first_slot(&self, created: Instant, day: SendDay) -> Slot {
        // Seven years at most past a supported instant: no overflow.
        let earliest = self.clamp(nearest(created) + self.first_time_delay().to_delta());
        let today = self.civil_date(earliest);
        // Every month has the days 1 to 28.
        let send_date = today.with_day(day.get().into()).unwrap_or(today);
        // The send day's closing need not be asked for: once the day is open, the email leaves at `earliest`,
        // and so it does when the day is over.
        let opening = self.opening(send_date);
        if opening <= earliest {
            return Slot::from_stored(earliest, Cycle::new(today));
        }
        // Where the clocks jump over the opening, the date they show after the jump counts.
        Slot::from_stored(opening, Cycle::new(self.civil_date(opening)))
    }
}
