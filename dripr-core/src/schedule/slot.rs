//! One planned send date of a campaign.

use serde::{Deserialize, Serialize};

use super::{Cycle, Instant, SendingRules};

/// When a campaign's email is due, and the cycle it belongs to.
///
/// A slot is made by [`SendingRules::first_slot`] and [`SendingRules::next_slot`], stored as its two parts,
/// and put together again from them.
///
/// ```
/// use dripr_core::schedule::{SendDay, SendingRules, Slot};
/// let rules = SendingRules::default();
/// let slot = rules.first_slot("2026-07-01T12:00:00Z".parse()?, SendDay::new(20)?);
/// let (at, cycle) = (slot.at(), slot.cycle()); // what a store keeps
/// assert_eq!(Slot::from_stored(at, cycle), slot);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slot {
    at: Instant,
    cycle: Cycle,
}

impl Slot {
    /// A slot from what was stored of it.
    ///
    /// The cycle is taken as it is, even where the zone's clocks have changed since and the instant now
    /// shows another date: the cycle says which email this is, the instant only when it is due.
    #[must_use]
    pub fn from_stored(at: Instant, cycle: Cycle) -> Self {
        Self { at, cycle }
    }

    /// When the email is due.
    #[must_use]
    pub fn at(self) -> Instant {
        self.at
    }

    /// Which cycle this is: the civil date of the slot when it was planned.
    #[must_use]
    pub fn cycle(self) -> Cycle {
        self.cycle
    }
}

impl SendingRules {
    /// The slot of a cycle planned for the opening of its date, derived anew with today's knowledge of clocks.
    ///
    /// Zone rules change now and then, after a slot was stored. Its cycle stays; this gives the instant
    /// that now shows the opening time on its date. A campaign's first slot can lie later in its day than
    /// the opening, so keep that one as it was stored.
    ///
    /// ```
    /// use dripr_core::schedule::{Instant, SendingRules, Slot};
    /// // Stored an hour off, by rules that no longer hold.
    /// let stored = Slot::from_stored("2026-07-18T16:00:00Z".parse()?, "2026-07-18".parse()?);
    /// let again = SendingRules::default().slot_of_cycle(stored.cycle());
    /// assert_eq!(again.cycle(), stored.cycle());
    /// assert_eq!(again.at(), "2026-07-18T15:00:00Z".parse::<Instant>()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn slot_of_cycle(&self, cycle: Cycle) -> Slot {
        Slot { at: self.opening(cycle.date()), cycle }
    }
}
