//! Which slot a campaign has, and by which rules it was planned.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Campaign, Facts};
use crate::schedule::{Instant, SendDay, SendingHours, SendingRules, Slot};

/// The rules by which a slot was planned; when they change, the slot is planned again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotBasis {
    /// The send day.
    pub day: SendDay,
    /// The zone.
    pub zone: Tz,
    /// The window.
    pub hours: SendingHours,
}

impl SlotBasis {
    pub(super) fn of(campaign: &Campaign, rules: &SendingRules) -> Self {
        Self { day: campaign.fixed_send_day, zone: rules.zone(), hours: rules.hours() }
    }
}

/// How a cycle ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastCycle {
    /// Its slot.
    pub slot: Slot,
    /// The start of the attempt that was accepted or held; `None` if the cycle was skipped.
    pub sent: Option<Instant>,
}

impl LastCycle {
    /// The later of two; of one cycle told twice, with the later sending.
    #[must_use]
    pub fn later(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        let (Some(a), Some(b)) = (a, b) else { return a.or(b) };
        Some(match a.slot.cycle().cmp(&b.slot.cycle()) {
            std::cmp::Ordering::Less => b,
            std::cmp::Ordering::Greater => a,
            std::cmp::Ordering::Equal => Self { slot: a.slot, sent: a.sent.max(b.sent) },
        })
    }
}

/// The slot that follows from what was last sent, held or skipped; the first slot if nothing was.
pub(super) fn plan(campaign: &Campaign, rules: &SendingRules) -> Slot {
    let day = campaign.fixed_send_day;
    let first = || rules.first_slot(campaign.enabled_at, day);
    match campaign.last_cycle {
        None => first(),
        Some(last) => {
            let next = rules.next_slot(last.slot, last.sent, day);
            if campaign.last_sent_email_datetime.is_some() {
                return next;
            }
            // Cycles were skipped but nothing ever sent: the first-time delay still holds.
            let first = first();
            if first.cycle() > last.slot.cycle() && !same_month(first, last.slot) { first } else { next }
        }
    }
}

fn same_month(a: Slot, b: Slot) -> bool {
    use chrono::Datelike;
    let (a, b) = (a.cycle().date(), b.cycle().date());
    (a.year(), a.month()) == (b.year(), b.month())
}

/// What the facts ask of the pending slot: a new one where the rules changed, the first one where there is none.
pub(super) enum Planned {
    /// The slot stands.
    Stands,
    /// The slot stands, under changed rules.
    Confirmed(SlotBasis),
    /// Another slot.
    Moved(Slot, SlotBasis),
}

pub(super) fn planned(campaign: &Campaign, facts: &Facts<'_>) -> Planned {
    let basis = SlotBasis::of(campaign, facts.rules);
    match (campaign.slot, campaign.slot_basis) {
        (Some(_), Some(known)) if known == basis => Planned::Stands,
        (Some(slot), _) => {
            let resumed = facts.rules.resume(plan(campaign, facts.rules), facts.now, campaign.fixed_send_day);
            if resumed.slot == slot { Planned::Confirmed(basis) } else { Planned::Moved(resumed.slot, basis) }
        }
        (None, _) => Planned::Moved(plan(campaign, facts.rules), basis),
    }
}
