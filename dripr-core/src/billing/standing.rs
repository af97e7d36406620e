//! How an agent's subscriptions stand, by all that was told of them.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BTreeSet},
};

use serde::{Deserialize, Serialize};

use super::change::{Change, Moment, Stage, Step, weighed};
use crate::{
    agent::Subscription,
    ids::{CustomerId, SubscriptionId},
    schedule::Instant,
};

/// So many subscriptions of an agent are kept; of more, those that ended first are forgotten.
const MOST: usize = 50;
/// So many moments at which a payment was told to be late are kept of a subscription.
const MOST_LATE: usize = 64;

/// What a billing provider told of an agent's subscriptions.
///
/// ```
/// use dripr_core::{agent::Subscription, billing::{Billing, Change, Stage}};
/// let told = |status, stage, at: &str| Ok::<_, Box<dyn std::error::Error>>(Change {
///     subscription: "sub_1".parse()?, customer: "cus_1".parse()?, user_id: None, at: at.parse()?, stage, status, from: None,
/// });
/// let mut billing = Billing::default();
/// billing.take(&told(Subscription::Canceled, Stage::Deleted, "2026-03-09T10:00:00Z")?);
/// // What happened before comes late.
/// billing.take(&told(Subscription::Active, Stage::Updated, "2026-03-01T10:00:00Z")?);
/// assert_eq!(billing.status(), Some(Subscription::Canceled));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Billing {
    /// Each subscription that was told of.
    pub subscriptions: BTreeMap<SubscriptionId, Known>,
}

/// What is known of one subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Who pays.
    pub customer: CustomerId,
    /// The change that counts of those that said anything else than that a payment is late; of several of one moment, the most
    /// cautious.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settled: Option<Settled>,
    /// The others of that moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    beside: Vec<Settled>,
    /// When a payment was told to be late at that moment and since, in order.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    late: BTreeSet<Late>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Settled {
    status: Subscription,
    at: Instant,
    stage: Stage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Subscription>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Late {
    at: Instant,
    stage: Stage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Subscription>,
}

impl Billing {
    /// Takes a change in, whenever it comes. `false` if nothing is different for it.
    pub fn take(&mut self, change: &Change) -> bool {
        let before = self.subscriptions.get(&change.subscription).cloned();
        let known = self.subscriptions.entry(change.subscription.clone()).or_insert_with(|| Known {
            customer: change.customer.clone(),
            settled: None,
            beside: Vec::new(),
            late: BTreeSet::new(),
        });
        known.take(change);
        if before.as_ref() == Some(known) {
            return false;
        }
        self.forget_some();
        true
    }

    /// How the agent stands by them: as the best of their subscriptions. Nothing if none was told of.
    #[must_use]
    pub fn status(&self) -> Option<Subscription> {
        let standings = self.subscriptions.values().filter_map(Known::status);
        // Of two late payments the later leaves more time.
        standings.min_by_key(|status| match status {
            Subscription::PastDue { since } => (status.caution(), since.timestamp_millis().saturating_neg()),
            _ => (status.caution(), 0),
        })
    }

    /// Who pays for them, some twice.
    pub fn customers(&self) -> impl Iterator<Item = &CustomerId> {
        self.subscriptions.values().map(|known| &known.customer)
    }

    fn forget_some(&mut self) {
        while self.subscriptions.len() > MOST {
            let ended = |known: &Known| known.status().is_some_and(Subscription::has_ended);
            let first = self.subscriptions.iter().min_by_key(|(_, known)| (!ended(known), known.last_told()));
            let Some(id) = first.map(|(id, _)| id.clone()) else { return };
            self.subscriptions.remove(&id);
        }
    }
}

impl Known {
    /// How it stands.
    #[must_use]
    pub fn status(&self) -> Option<Subscription> {
        let late_since = |late: &Late| Subscription::PastDue { since: late.at };
        let Some(settled) = self.settled else { return self.late.first().map(late_since) };
        let moment = settled.moment();
        let (then, since): (Vec<&Late>, Vec<&Late>) =
            self.late.iter().partition(|late| late.moment() == moment);
        let beside = self.beside.iter().map(|beside| beside.step());
        let steps: Vec<Step> =
            [settled.step()].into_iter().chain(beside).chain(then.into_iter().map(Late::step)).collect();
        let status = weighed(&steps);
        match since.first() {
            Some(late) if !matches!(status, Some(Subscription::PastDue { .. })) => Some(late_since(late)),
            _ => status,
        }
    }

    /// When the last thing that counts happened.
    #[must_use]
    pub fn last_told(&self) -> Option<Instant> {
        let late = self.late.last().map(|late| late.at);
        late.max(self.settled.map(|settled| settled.at))
    }

    fn take(&mut self, change: &Change) {
        // Whatever it says beside that.
        let status = if change.stage == Stage::Deleted { Subscription::Canceled } else { change.status };
        // Of a state that was left it is told that it was, and not since when.
        let from = change.from.map(|from| Subscription::named(from.as_str(), change.at));
        let told = Settled { status, at: change.at, stage: change.stage, from };
        let known = self.settled.map(Settled::moment);
        if known.is_some_and(|known| known > told.moment()) {
            return;
        }
        if matches!(status, Subscription::PastDue { .. }) {
            self.late.insert(Late { at: change.at, stage: change.stage, from });
            // The first says since when; the last ones may turn out to be all that is left of them.
            if self.late.len() > MOST_LATE
                && let Some(second) = self.late.iter().nth(1).copied()
            {
                self.late.remove(&second);
            }
        } else if known == Some(told.moment()) {
            let mut all: Vec<Settled> = self.settled.into_iter().chain(self.beside.drain(..)).collect();
            if !all.contains(&told) {
                all.push(told);
            }
            // As they would be in any other order.
            all.sort_by_key(|told| Reverse((told.status.caution(), told.from.map(Subscription::caution))));
            let mut all = all.into_iter();
            self.settled = all.next();
            self.beside = all.collect();
        } else {
            self.settled = Some(told);
            self.beside.clear();
            self.late.retain(|late| late.moment() >= told.moment());
        }
    }
}

impl Settled {
    fn moment(self) -> Moment {
        Moment::of(self.status, self.at, self.stage)
    }

    fn step(self) -> Step {
        (self.status, self.from)
    }
}

impl Late {
    fn status(self) -> Subscription {
        Subscription::PastDue { since: self.at }
    }

    fn moment(self) -> Moment {
        Moment::of(self.status(), self.at, self.stage)
    }

    fn step(&self) -> Step {
        (self.status(), self.from)
    }

    fn place(self) -> (Instant, Stage, Option<u8>) {
        (self.at, self.stage, self.from.map(Subscription::caution))
    }
}

impl PartialOrd for Late {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Late {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}
