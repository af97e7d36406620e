//! When work on an email begins.

use super::{Instant, SendingRules, Slot, supported::nearest};

impl SendingRules {
    /// When the preparation of a slot's email begins: its lead before the slot, and never before `created`.
    ///
    /// With `approval` the longer lead applies, so that the agent has time to look at the email.
    ///
    /// ```
    /// use dripr_core::schedule::{Instant, SendDay, SendingRules};
    /// let rules = SendingRules::default();
    /// let created: Instant = "2026-07-01T15:00:00Z".parse()?;
    /// let slot = rules.first_slot(created, SendDay::new(20)?);
    /// assert_eq!(rules.preparation(created, slot, false), "2026-07-19T15:00:00Z".parse::<Instant>()?);
    /// assert_eq!(rules.preparation(created, slot, true), "2026-07-17T15:00:00Z".parse::<Instant>()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn preparation(&self, created: Instant, slot: Slot, approval: bool) -> Instant {
        let lead = if approval { self.approval_lead() } else { self.lead() };
        // Seven years at most before a supported instant: no overflow.
        nearest(created).max(nearest(slot.at()) - lead.to_delta())
    }
}
