//! What becomes of a slot that has come and gone.

use chrono::NaiveDate;

use super::{
    Cycle, Instant, SendDay, SendingHours, SendingRules, Slot, TimeOfDay,
    local_time::reach_again,
    supported::{nearest, nearest_date},
};

/// How a campaign goes on after its slot has passed without an email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// The slot whose email goes out: the one that was pending if it is still inside its grace.
    pub slot: Slot,
    /// When that email may leave, at or after both the slot and the present.
    pub send_at: Instant,
    /// The cycles whose grace ended without an email, in order. Empty, and not allocated, most of the time.
    pub skipped: Vec<Cycle>,
}

impl SendingRules {
    /// How to go on at `now` with a slot that is pending, after an outage or a late approval.
    ///
    /// An email can still leave up to the grace, in calendar days, after its slot's date. A cycle that could
    /// only be sent later than that is skipped, and the next is looked at. However many months were missed,
    /// one email comes of it.
    ///
    /// A slot that lies ahead is answered with itself. Missing ten years takes some 120 steps; `now` at the
    /// end of the supported range takes fewer than 120,000.
    ///
    /// ```
    /// use dripr_core::schedule::{Instant, SendDay, SendingRules, Slot};
    /// let rules = SendingRules::default();
    /// let day = SendDay::new(5)?;
    /// let july = rules.slot_of_cycle("2026-07-05".parse()?);
    ///
    /// // Back after ten days, in the evening: the email is late and leaves the next morning.
    /// let resumed = rules.resume(july, "2026-07-15T23:00:00Z".parse()?, day);
    /// assert_eq!(resumed.slot, july);
    /// assert_eq!(resumed.send_at, "2026-07-16T15:00:00Z".parse::<Instant>()?);
    /// assert!(resumed.skipped.is_empty());
    ///
    /// // Back in the middle of September: July and August are skipped, September is late.
    /// let resumed = rules.resume(july, "2026-09-15T16:00:00Z".parse()?, day);
    /// assert_eq!(resumed.slot.cycle().to_string(), "2026-09-05");
    /// assert_eq!(resumed.skipped, ["2026-07-05".parse()?, "2026-08-05".parse()?]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn resume(&self, slot: Slot, now: Instant, day: SendDay) -> Resumed {
        let earliest = self.clamp(now.max(slot.at()));
        let today = self.civil_date(earliest);
        let mut skipped = Vec::new();
        let mut pending = slot;
        while today > self.last_date(pending) {
            let next = self.next_slot(pending, None, day);
            // Slots stop increasing at the end of the supported range, and so does the search.
            if next.at() <= pending.at() {
                break;
            }
            skipped.push(pending.cycle());
            pending = next;
        }
        // What was clamped once need not be again.
        let send_at = if pending.at() <= earliest { earliest } else { self.clamp(pending.at()) };
        Resumed { slot: pending, send_at, skipped }
    }

    /// The first instant, from the slot on, at which its cycle is over: [`resume`](Self::resume) at that
    /// instant skips it, and a moment before does not.
    ///
    /// With a window that is the closing of the last day inside the grace on which the window opens at all;
    /// with the window off, the end of the last day inside the grace.
    ///
    /// ```
    /// use dripr_core::schedule::{Instant, SendDay, SendingRules};
    /// let rules = SendingRules::default();
    /// let july = rules.slot_of_cycle("2026-07-05".parse()?);
    /// let end = rules.grace_end(july);
    /// assert_eq!(end, "2026-07-19T22:00:00Z".parse::<Instant>()?); // 14 days later, 18:00
    ///
    /// let day = SendDay::new(5)?;
    /// assert!(rules.resume(july, end - chrono::TimeDelta::seconds(1), day).skipped.is_empty());
    /// assert_eq!(rules.resume(july, end, day).skipped, [july.cycle()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn grace_end(&self, slot: Slot) -> Instant {
        let from = nearest(slot.at());
        let last = self.last_date(slot);
        // A slot can be over from the start: one whose own window is empty, with no grace to wait in.
        if self.civil_date(self.clamp(from)) > last {
            return from;
        }
        let end = match self.hours() {
            SendingHours::Anytime { .. } => self.closing(last),
            SendingHours::Within(_) => self.last_closing(last),
        };
        if end > from {
            return end;
        }
        // The next date had begun before the slot, and then clocks went back over midnight: the cycle is
        // over when they come to midnight again, or to the closing of the window that is open meanwhile.
        let next = last.succ_opt().unwrap_or(last);
        let again = nearest(reach_again(self.zone(), nearest_date(next), TimeOfDay::MIDNIGHT));
        match self.hours() {
            SendingHours::Anytime { .. } => again,
            SendingHours::Within(_) => again.min(self.closing(next)),
        }
    }

    /// The last date on which the email of a slot may leave, inside the supported range.
    fn last_date(&self, slot: Slot) -> NaiveDate {
        slot.cycle().last_date(self.grace_days())
    }

    /// The closing of the last window up to and on `date`, passing over days that have none.
    fn last_closing(&self, mut date: NaiveDate) -> Instant {
        // Empty days come alone: two together would be a zone that skipped two days.
        for _ in 0..7 {
            if self.opening(date) < self.closing(date) {
                break;
            }
            date = date.pred_opt().unwrap_or(date);
        }
        self.closing(date)
    }
}
