//! What stands for an address, and what an opt-in takes back of it.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use dripr_core::email::{EmailAddress, OptIn, Suppression, SuppressionCause};
use proptest::{collection::vec, prelude::*};

use crate::scene::{SLOT, at};

const ADDRESSES: usize = 3;

fn address(nr: usize) -> EmailAddress {
    format!("kim@home{nr}.example").parse().unwrap()
}

fn suppression(nr: usize, cause: SuppressionCause, carried_from: Option<usize>) -> Suppression {
    Suppression {
        user_id: "agent".parse().unwrap(),
        address: address(nr),
        cause,
        since: at(SLOT),
        carried_from: carried_from.map(address),
    }
}

/// The same, so many seconds later.
fn later(seconds: i64, known: Suppression) -> Suppression {
    Suppression { since: known.since + TimeDelta::seconds(seconds), ..known }
}

fn opt_in(nr: usize) -> OptIn {
    OptIn { address: address(nr), most: SuppressionCause::Complaint, until: None }
}

/// What happens to a contact who had one address and has another by now, or the same.
#[derive(Debug, Clone, Copy)]
enum Step {
    Out(SuppressionCause, usize, usize),
    In(usize, usize),
    Bounced(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let own = prop_oneof![Just(SuppressionCause::OptOut), Just(SuppressionCause::Complaint)];
    prop_oneof![
        3 => (own, 0..ADDRESSES, 0..ADDRESSES).prop_map(|(cause, at, now)| Step::Out(cause, at, now)),
        3 => (0..ADDRESSES, 0..ADDRESSES).prop_map(|(at, now)| Step::In(at, now)),
        1 => (0..ADDRESSES).prop_map(Step::Bounced),
    ]
}

/// What stands for each address, and beside it at which addresses the decisions were made that count for it.
#[derive(Default)]
struct Standing {
    known: [Option<Suppression>; ADDRESSES],
    decided_at: [BTreeSet<usize>; ADDRESSES],
}

impl Standing {
    fn join(&mut self, nr: usize, new: Suppression) {
        let joined = match &self.known[nr] {
            None => Some(new),
            Some(known) => known.joined(&new),
        };
        if joined.is_some() {
            self.known[nr] = joined;
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Out(cause, at, now) => {
                for nr in BTreeSet::from([at, now]) {
                    self.join(nr, suppression(nr, cause, (nr != at).then_some(at)));
                    self.decided_at[nr].insert(at);
                }
            }
            Step::In(at, now) => {
                for nr in BTreeSet::from([at, now]) {
                    if self.known[nr].as_ref().is_some_and(|known| opt_in(at).takes_back(known)) {
                        self.known[nr] = None;
                    }
                    self.decided_at[nr].remove(&at);
                }
                // Who reads there says what holds there, whatever was carried over to it.
                self.decided_at[at].clear();
            }
            Step::Bounced(nr) => self.join(nr, suppression(nr, SuppressionCause::HardBounce, None)),
        }
    }
}

proptest! {
    #[test]
    fn nobody_is_written_to_where_a_decision_stands_and_everybody_can_take_back_their_own(
        steps in vec(step(), 1..30),
    ) {
        let mut standing = Standing::default();
        for step in steps {
            standing.take(step);
            for nr in 0..ADDRESSES {
                let is_out = standing.known[nr].as_ref().is_some_and(|known| known.cause.is_recipients_own());
                prop_assert!(is_out || standing.decided_at[nr].is_empty(), "{nr} after {step:?}");
            }
            if let Step::In(at, _) = step {
                let known = standing.known[at].as_ref();
                prop_assert!(known.is_none_or(|known| !known.cause.is_recipients_own()), "{step:?}");
            }
        }
    }

    #[test]
    fn what_was_only_carried_over_is_lifted_where_it_came_from(at in 0..ADDRESSES, now in 0..ADDRESSES) {
        let mut standing = Standing::default();
        for step in [Step::Out(SuppressionCause::OptOut, at, now), Step::In(at, now)] {
            standing.take(step);
        }
        prop_assert_eq!(standing.known, Standing::default().known);
    }

    #[test]
    fn joining_twice_changes_nothing_and_the_more_final_cause_stays(
        steps in vec((0..3_usize, prop::option::of(0..ADDRESSES), 0..100_i64), 1..8),
    ) {
        let causes = [SuppressionCause::HardBounce, SuppressionCause::OptOut, SuppressionCause::Complaint];
        let mut known: Option<Suppression> = None;
        for (cause, from, seconds) in steps {
            let new = later(seconds, suppression(0, causes[cause], from.filter(|from| *from != 0)));
            let most = known.as_ref().map_or(new.cause, |known| known.cause.max(new.cause));
            let joined = known.as_ref().map_or_else(|| Some(new.clone()), |known| known.joined(&new));
            let now = joined.or(known).unwrap();
            prop_assert_eq!(now.cause, most);
            prop_assert_eq!(now.joined(&new), None);
            known = Some(now);
        }
    }

    #[test]
    fn an_opt_in_that_is_told_late_takes_back_nothing_that_was_decided_after_it(
        outs in vec((prop::option::of(1..ADDRESSES), 0..100_i64), 1..8),
        wanted in 0..100_i64,
    ) {
        let mut known: Option<Suppression> = None;
        for (from, seconds) in &outs {
            let new = later(*seconds, suppression(0, SuppressionCause::OptOut, *from));
            let joined = known.as_ref().map_or_else(|| Some(new.clone()), |known| known.joined(&new));
            known = joined.or(known);
        }
        let until = OptIn { until: Some(at(SLOT) + TimeDelta::seconds(wanted)), ..opt_in(0) };
        let is_last_word = outs.iter().all(|(_, seconds)| *seconds <= wanted);
        prop_assert_eq!(known.is_some_and(|known| until.takes_back(&known)), is_last_word);
    }
}

#[test]
fn an_opt_in_takes_back_no_bounce_nothing_more_final_and_nothing_later() {
    let [bounce, opt_out, complaint] =
        [SuppressionCause::HardBounce, SuppressionCause::OptOut, SuppressionCause::Complaint]
            .map(|cause| suppression(0, cause, None));
    let most = |most: SuppressionCause| OptIn { most, ..opt_in(0) };
    assert!(!opt_in(0).takes_back(&bounce));
    assert!(opt_in(0).takes_back(&opt_out) && opt_in(0).takes_back(&complaint));
    assert!(most(SuppressionCause::OptOut).takes_back(&opt_out));
    assert!(!most(SuppressionCause::OptOut).takes_back(&complaint));
    let until = |until| OptIn { until: Some(until), ..opt_in(0) };
    assert!(until(at(SLOT)).takes_back(&opt_out));
    assert!(!until(at(SLOT) - TimeDelta::seconds(1)).takes_back(&opt_out));
    assert!(!opt_in(1).takes_back(&opt_out), "nor what was decided elsewhere");
}

/// As it was stored before it was noted where it was decided.
#[test]
fn what_was_stored_without_an_origin_is_the_addresses_own() {
    let own = suppression(0, SuppressionCause::OptOut, None);
    let stored = serde_json::to_string(&own).unwrap();
    assert!(!stored.contains("carried_from"), "{stored}");
    assert_eq!(serde_json::from_str::<Suppression>(&stored).unwrap(), own);
}
