//! What holds for any rules in any zone, tried with rules, instants and send days made up at random.

use std::time::Duration;

use chrono::{Datelike, TimeDelta};
use dripr_core::{
    schedule::{Cycle, EARLIEST, LATEST, SendingRules, Slot},
    testkit::schedule::{any_instant, around, campaign, instant, send_day, sending_rules},
};
use proptest::prelude::*;

fn campaign_and_now()
-> impl Strategy<Value = ((SendingRules, dripr_core::schedule::SendDay, Slot), chrono::DateTime<chrono::Utc>)>
{
    campaign().prop_flat_map(|(rules, day, slot)| (Just((rules, day, slot)), around(slot)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn clamp_moves_forward_to_a_place_where_it_stays(rules in sending_rules(), a in instant(), b in instant()) {
        let (a, b) = (a.min(b), a.max(b));
        let clamped = rules.clamp(a);
        prop_assert!(clamped >= a);
        prop_assert_eq!(rules.clamp(clamped), clamped);
        prop_assert!(clamped <= rules.clamp(b), "the order of instants is kept");
        prop_assert!(clamped - a <= TimeDelta::days(3), "no zone leaves out two days together");
    }

    #[test]
    fn a_year_of_late_emails_keeps_gap_month_and_order(
        (rules, day, first) in campaign(),
        lateness in proptest::collection::vec(0..=14_u8, 12),
    ) {
        let mut slot = first;
        for late in lateness {
            let late = TimeDelta::days(late.min(rules.grace_days()).into());
            let resumed = rules.resume(slot, slot.at() + late, day);
            slot = resumed.slot;
            let sent = resumed.send_at;
            let next = rules.next_slot(slot, Some(sent), day);
            prop_assert!(next.at() > slot.at());
            let (this, then) = (slot.cycle().date(), next.cycle().date());
            prop_assert!((this.year(), this.month()) < (then.year(), then.month()));
            prop_assert!((then - this.max(rules.civil_date(sent))).num_days() >= rules.minimum_gap_days().into());
            prop_assert_eq!(rules.civil_date(next.at()), then);
            prop_assert_eq!(rules.clamp(sent), sent);
            slot = next;
        }
    }

    #[test]
    fn the_grace_ends_when_resuming_begins_to_skip(((rules, day, slot), now) in campaign_and_now()) {
        let end = rules.grace_end(slot);
        prop_assert!(end >= slot.at());
        prop_assert!(!rules.resume(slot, end, day).skipped.is_empty());
        let resumed = rules.resume(slot, now, day);
        prop_assert_eq!(!resumed.skipped.is_empty(), now.max(slot.at()) >= end);
        prop_assert!(resumed.send_at >= now && resumed.send_at >= resumed.slot.at());
        // Asked again, with what came out: nothing more is skipped.
        let again = rules.resume(resumed.slot, now, day);
        if now >= resumed.slot.at() {
            prop_assert_eq!((again.slot, again.send_at, again.skipped), (resumed.slot, resumed.send_at, vec![]));
        }
    }

    #[test]
    fn a_call_that_may_start_ends_inside(rules in sending_rules(), t in instant(), seconds in 0..7200_u64) {
        let timeout = Duration::from_secs(seconds);
        let start = rules.start_at(t, timeout);
        prop_assert_eq!(rules.may_start(t, timeout), start == t);
        if rules.check_timeout(timeout).is_ok() {
            prop_assert!(start >= t && rules.may_start(start, timeout));
            let end = start + TimeDelta::seconds(seconds.cast_signed());
            prop_assert_eq!(rules.clamp(start), start);
            prop_assert_eq!(rules.clamp(end), end);
        } else {
            prop_assert_eq!(start, LATEST);
        }
    }

    #[test]
    fn rules_and_slots_are_read_back_as_written((rules, _, slot) in campaign()) {
        let json = serde_json::to_string(&rules).unwrap();
        prop_assert_eq!(serde_json::from_str::<SendingRules>(&json).unwrap(), rules);
        let json = serde_json::to_string(&slot).unwrap();
        prop_assert_eq!(serde_json::from_str::<Slot>(&json).unwrap(), slot);
    }
}

proptest! {
    // Resuming over ten thousand years takes a while in a debug build.
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_input_panics_or_leaves_the_supported_range(
        rules in sending_rules(),
        day in send_day(),
        (a, b, c) in (any_instant(), any_instant(), any_instant()),
        seconds in any::<u64>(),
    ) {
        let slot = Slot::from_stored(a, Cycle::new(b.date_naive()));
        let timeout = Duration::from_secs(seconds);
        let resumed = rules.resume(slot, c, day);
        for t in [
            rules.clamp(a),
            rules.first_slot(a, day).at(),
            rules.next_slot(slot, Some(c), day).at(),
            rules.slot_of_cycle(slot.cycle()).at(),
            rules.preparation(c, slot, true),
            resumed.send_at,
            rules.grace_end(slot),
            rules.start_at(a, timeout),
        ] {
            prop_assert!((EARLIEST..=LATEST).contains(&t), "{}", t);
        }
        let _ = (rules.may_start(a, timeout), rules.civil_date(a));
    }
}
