//! The worked cases of the send-date rules: 80 each of clamping, a campaign's first six slots, the next
//! slot, and resuming.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::TimeDelta;
use dripr_core::schedule::{Delay, Instant, SendDay, SendingHours, SendingRules, TimeOfDay, Window};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    clamp: Vec<Clamp>,
    series: Vec<Series>,
    next: Vec<Next>,
    resume: Vec<Resume>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    zone: String,
    window: Option<(TimeOfDay, TimeOfDay)>,
    opens: TimeOfDay,
    fixed_send_day: Option<SendDay>,
    first_time_delay_hours: Option<u16>,
    lead_hours: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clamp {
    rules: Rules,
    at: Instant,
    expect: Instant,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Series {
    rules: Rules,
    created_at: Instant,
    expect: Vec<Planned>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Planned {
    slot: Instant,
    prepare_at: Instant,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Next {
    rules: Rules,
    slot: Instant,
    sent_at: Option<Instant>,
    expect: Instant,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resume {
    rules: Rules,
    slot: Instant,
    now: Instant,
    expect: Resumed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resumed {
    slot: Instant,
    send_at: Instant,
}

impl Rules {
    fn day(&self) -> SendDay {
        self.fixed_send_day.expect("the case has a send day")
    }

    fn rules(&self) -> SendingRules {
        let hours = match self.window {
            Some((opens, closes)) => SendingHours::Within(Window::new(opens, closes).unwrap()),
            None => SendingHours::Anytime { opens: self.opens },
        };
        let mut rules =
            SendingRules::default().with_zone_name(&self.zone).unwrap().with_hours(hours).unwrap();
        assert_eq!(rules.hours().opens(), self.opens);
        if let Some(hours) = self.first_time_delay_hours {
            rules = rules.with_first_time_delay(Delay::from_hours(hours));
        }
        if let Some(hours) = self.lead_hours {
            rules = rules.with_lead(Delay::from_hours(hours)).with_approval_lead(Delay::from_hours(hours));
        }
        rules
    }

    fn slot(&self, at: Instant) -> dripr_core::schedule::Slot {
        dripr_core::schedule::Slot::from_stored(at, self.rules().civil_date(at).into())
    }
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("data/schedule-vectors.json")).unwrap()
}

#[test]
fn clamp_gives_the_first_instant_inside_a_window() {
    let cases = vectors().clamp;
    assert_eq!(cases.len(), 80);
    for (i, case) in cases.iter().enumerate() {
        assert_eq!(case.rules.rules().clamp(case.at), case.expect, "case {i}");
    }
}

#[test]
fn a_campaign_sent_on_time_has_these_slots_and_preparations() {
    let cases = vectors().series;
    assert_eq!(cases.len(), 80);
    for (i, case) in cases.iter().enumerate() {
        let (rules, day) = (case.rules.rules(), case.rules.day());
        assert_eq!(case.expect.len(), 6);
        let mut slot = rules.first_slot(case.created_at, day);
        for (n, expect) in case.expect.iter().enumerate() {
            assert_eq!(slot.at(), expect.slot, "case {i}, slot {n}");
            assert_eq!(slot.cycle().date(), rules.civil_date(expect.slot), "case {i}, slot {n}");
            for approval in [false, true] {
                let prepare_at = rules.preparation(case.created_at, slot, approval);
                assert_eq!(prepare_at, expect.prepare_at, "case {i}, slot {n}");
            }
            slot = rules.next_slot(slot, Some(slot.at()), day);
        }
    }
}

#[test]
fn the_next_slot_keeps_its_distance_from_the_last_and_its_sending() {
    let cases = vectors().next;
    assert_eq!(cases.len(), 80);
    for (i, case) in cases.iter().enumerate() {
        let next = case.rules.rules().next_slot(case.rules.slot(case.slot), case.sent_at, case.rules.day());
        assert_eq!(next.at(), case.expect, "case {i}");
    }
}

#[test]
fn resuming_sends_one_email_or_skips_to_the_next() {
    let cases = vectors().resume;
    assert_eq!(cases.len(), 80);
    for (i, case) in cases.iter().enumerate() {
        let (rules, slot, day) = (case.rules.rules(), case.rules.slot(case.slot), case.rules.day());
        let resumed = rules.resume(slot, case.now, day);
        assert_eq!(resumed.slot.at(), case.expect.slot, "case {i}");
        assert_eq!(resumed.send_at, case.expect.send_at, "case {i}");
        assert_eq!(resumed.skipped.is_empty(), resumed.slot == slot, "case {i}");
        // The end of the grace agrees with every case, and so does the moment before it.
        let end = rules.grace_end(slot);
        assert_eq!(case.now >= end, !resumed.skipped.is_empty(), "case {i}");
        assert!(rules.resume(slot, end - TimeDelta::nanoseconds(1), day).skipped.is_empty(), "case {i}");
        assert!(!rules.resume(slot, end, day).skipped.is_empty(), "case {i}");
    }
}

/// The table of examples on the page about send dates, in the words of its first column.
#[test]
fn the_examples_of_the_docs_are_true() {
    let rules = SendingRules::default();
    let day = |day| SendDay::new(day).unwrap();
    // New York's clocks are four hours behind UTC from March to November.
    let at = |date: &str, time: &str| format!("2026-{date}T{time}:00-04:00").parse::<Instant>().unwrap();
    for (created, send_day, first, next) in [
        (at("07-18", "12:00"), 25, at("07-25", "11:00"), at("08-25", "11:00")),
        (at("07-18", "12:00"), 19, at("07-19", "12:00"), at("08-19", "11:00")),
        (at("07-18", "20:00"), 19, at("07-20", "11:00"), at("08-19", "11:00")),
        (at("07-18", "12:00"), 1, at("07-19", "12:00"), at("09-01", "11:00")),
    ] {
        let slot = rules.first_slot(created, day(send_day));
        assert_eq!(slot.at(), first);
        assert_eq!(rules.next_slot(slot, Some(first), day(send_day)).at(), next);
    }

    let july = rules.slot_of_cycle("2026-07-05".parse().unwrap());
    let (send_day, august, september) = (day(5), at("08-05", "11:00"), at("09-05", "11:00"));
    for (now, slot, send_at, skipped) in [
        (at("07-15", "20:00"), july.at(), at("07-16", "11:00"), 0),
        (at("07-19", "17:59"), july.at(), at("07-19", "17:59"), 0),
        (at("07-19", "18:00"), august, august, 1),
        (at("09-15", "12:00"), september, at("09-15", "12:00"), 2),
    ] {
        let resumed = rules.resume(july, now, send_day);
        assert_eq!((resumed.slot.at(), resumed.send_at, resumed.skipped.len()), (slot, send_at, skipped));
    }
    for sent in [at("07-16", "11:00"), at("07-19", "11:00")] {
        assert_eq!(rules.next_slot(july, Some(sent), send_day).at(), august);
    }
}
