//! Forty-one years of send dates in every zone of the database, against a second implementation.
//!
//! Proven here, for every zone and for windows chosen to fall into clock changes: a campaign of each send
//! day, created in 1999 and always sent as soon as it may be, has the same slots up to 2040, to the second,
//! as `data/schedule_all_zones.py` computes from the same rules. That script is written in Python, takes
//! its zones from `zoneinfo`, and shares no code with this crate. What it found is kept in
//! `data/schedule-all-zones.json`, one hash for each zone and window. Each slot on its way into the hash is
//! also checked against what always holds.
//!
//! Both sides must know the same clock changes. After an update of `chrono-tz` that brings a new version of
//! the zone database, run the script with the `tzdata` package of that version; its first lines tell how.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, Offset, SecondsFormat, TimeDelta, TimeZone};
use chrono_tz::{IANA_TZDB_VERSION, TZ_VARIANTS, Tz};
use dripr_core::schedule::{Instant, SendDay, SendingHours, SendingRules, Slot, TimeOfDay, Window};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// In spring most clocks skip 02:00 to 03:00, some 00:00 to 01:00, and those of Nuuk 23:00 to 24:00, so that
/// the slot of an empty day lies in the next. With `off` the window is switched off and the slot stays at the
/// hour before it.
const WINDOWS: [&str; 6] =
    ["11:00-18:00", "00:00-24:00", "02:00-03:00", "00:00-01:00", "23:00-24:00", "11:00-off"];

/// So late in December that the first send days of January are too close to the first email.
const CREATED: &str = "1999-12-20T03:30:00Z";
const UNTIL: &str = "2041-01-01T00:00:00Z";

/// What the second implementation found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    tz_database: String,
    created: String,
    until: String,
    windows: Vec<String>,
    /// For each zone one hash per window.
    zones: BTreeMap<String, Vec<String>>,
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn hours(window: &str) -> SendingHours {
    let (opens, closes) = window.split_once('-').unwrap();
    let opens = opens.parse().unwrap();
    match closes {
        "off" => SendingHours::Anytime { opens },
        closes => SendingHours::Within(Window::new(opens, closes.parse().unwrap()).unwrap()),
    }
}

fn rules(zone: Tz, window: &str) -> SendingRules {
    SendingRules::default().with_zone(zone).with_hours(hours(window)).unwrap()
}

/// What the clocks of `zone` show at `t`.
fn shown(zone: Tz, t: Instant) -> NaiveDateTime {
    let utc = t.naive_utc();
    utc + zone.offset_from_utc_datetime(&utc).fix()
}

fn since_midnight(time: TimeOfDay) -> TimeDelta {
    TimeDelta::minutes(time.minutes().into())
}

/// All slots of a campaign of one send day, each sent as soon as it may be.
fn series(rules: &SendingRules, day: SendDay) -> Vec<Slot> {
    let (created, until) = (at(CREATED), at(UNTIL));
    let mut slots = Vec::with_capacity(41 * 12 + 1);
    let mut slot = rules.first_slot(created, day);
    let mut sent = rules.clamp(slot.at());
    check_first(rules, slot, sent);
    while slot.at() < until {
        slots.push(slot);
        let next = rules.next_slot(slot, Some(sent), day);
        let next_sent = rules.clamp(next.at());
        check_distance(rules, (slot, sent), (next, next_sent));
        check_send_day(rules, day, next, next_sent);
        (slot, sent) = (next, next_sent);
    }
    slots
}

/// Nothing leaves before the delay is over. No zone left that December day empty.
fn check_first(rules: &SendingRules, slot: Slot, sent: Instant) {
    let zone = rules.zone();
    assert!(slot.at() >= at(CREATED) + TimeDelta::hours(24), "{zone}: {slot:?}");
    assert_eq!(slot.cycle().date(), shown(zone, slot.at()).date(), "{zone}: {slot:?}");
    assert_eq!(sent, slot.at(), "{zone}: {slot:?}");
}

/// Slots strictly increase, one at most in a month, and the gap lies between two emails.
fn check_distance(rules: &SendingRules, (slot, sent): (Slot, Instant), (next, next_sent): (Slot, Instant)) {
    let (date, next_date) = (slot.cycle().date(), next.cycle().date());
    let increasing = slot.at() < next.at() && sent < next_sent;
    let one_a_month = (date.year(), date.month()) < (next_date.year(), next_date.month());
    // Where both leave at their slots, the dates of the sendings are those of the slots.
    let far_apart = (next_date - date).num_days() >= 14
        && (sent == slot.at() || (next_date - shown(rules.zone(), sent).date()).num_days() >= 14);
    assert!(increasing && one_a_month && far_apart, "{}: {slot:?}, then {next:?}", rules.zone());
}

/// A slot lies on its send day and inside the window, or at the far side of a gap that leaves the day empty.
fn check_send_day(rules: &SendingRules, day: SendDay, slot: Slot, sent: Instant) {
    let (zone, hours) = (rules.zone(), rules.hours());
    let local = shown(zone, slot.at());
    let date = slot.cycle().date();
    let (opens, closes) = (since_midnight(hours.opens()), since_midnight(hours.closes()));
    let from_midnight = local - date.and_time(NaiveTime::MIN);
    let is_on_send_day =
        date.day() == u32::from(day.get()) && opens <= from_midnight && from_midnight < closes;
    if is_on_send_day {
        assert_eq!(sent, slot.at(), "{zone}, {hours:?}: {slot:?}");
        if from_midnight == opens {
            return;
        }
    }
    // The clocks jump over the opening, and perhaps over all of the window.
    let send_date = date.with_day(day.get().into()).unwrap().and_time(NaiveTime::MIN);
    let before = shown(zone, slot.at() - TimeDelta::seconds(1));
    assert!(before < send_date + opens && send_date + opens < local, "{zone}, {hours:?}: {slot:?}");
    if !is_on_send_day {
        assert!(local >= send_date + closes, "{zone}, {hours:?}: {slot:?}");
        assert_eq!(date, local.date(), "{zone}, {hours:?}: {slot:?}");
        assert_eq!(sent > slot.at(), matches!(hours, SendingHours::Within(_)), "{zone}: {slot:?}");
    }
}

/// The offset of a zone in 1999 and each change of it since, in seconds.
///
/// Most names are links to another zone, or their clocks have been those of another since 1999. These share
/// their slots, which takes a third of the time. Each name is still compared with its own hashes.
fn clock(zone: Tz) -> Vec<(i64, i32)> {
    let offset = |t: i64| {
        let utc = DateTime::from_timestamp(t, 0).unwrap().naive_utc();
        zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()
    };
    let mut t = at(CREATED).timestamp();
    let mut changes = vec![(t, offset(t))];
    // The series end with a slot in 2041, at most two months on.
    let end = at(UNTIL).timestamp() + 90 * 86_400;
    while t < end {
        let (mut before, mut after) = (t, t + 86_400);
        t = after;
        let (old, new) = (changes[changes.len() - 1].1, offset(after));
        if old != new {
            while after - before > 1 {
                let middle = i64::midpoint(before, after);
                if offset(middle) == old { before = middle } else { after = middle }
            }
            changes.push((after, new));
        }
    }
    changes
}

/// One hash over the slots of 28 campaigns, send day after send day, as little-endian seconds since 1970.
fn fingerprint(rules: &SendingRules) -> String {
    let mut hash = Sha256::new();
    for day in SendDay::all() {
        let slots = series(rules, day);
        let bytes: Vec<u8> = slots.iter().flat_map(|slot| slot.at().timestamp().to_le_bytes()).collect();
        hash.update(&bytes);
    }
    hash.finalize()[..8].iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// Writes all slots of a zone and window as the script prints them, and tells how to compare the two.
fn report(zone: Tz, window: &str) -> String {
    let rules = rules(zone, window);
    let mut lines = String::new();
    for day in SendDay::all() {
        for slot in series(&rules, day) {
            let utc = slot.at().to_rfc3339_opts(SecondsFormat::Secs, true);
            writeln!(lines, "{day} {utc} {}", shown(zone, slot.at())).unwrap();
        }
    }
    let name = format!("{zone} {window}.txt").replace(['/', ':', ' '], "_");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, lines).unwrap();
    format!(
        "{zone} {window}: compare {} with `python3 dripr-core/tests/data/schedule_all_zones.py {zone} {window}`",
        file.display()
    )
}

#[test]
fn every_zone_has_the_slots_that_a_second_implementation_finds() {
    let kept: Kept = serde_json::from_str(include_str!("data/schedule-all-zones.json")).unwrap();
    assert_eq!(
        kept.tz_database, IANA_TZDB_VERSION,
        "the data was made with another version of the zone database (left) than chrono-tz has (right): \
         run dripr-core/tests/data/schedule_all_zones.py with the tzdata package of the latter"
    );
    assert_eq!((kept.created.as_str(), kept.until.as_str()), (CREATED, UNTIL));
    assert_eq!(kept.windows, WINDOWS);
    let zones: BTreeSet<&str> = TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
    assert_eq!(kept.zones.keys().map(String::as_str).collect::<BTreeSet<_>>(), zones);

    let mut clocks: BTreeMap<_, Vec<Tz>> = BTreeMap::new();
    for zone in TZ_VARIANTS {
        clocks.entry(clock(zone)).or_default().push(zone);
    }
    let clocks: Vec<_> = clocks.into_values().collect();
    let next = AtomicUsize::new(0);
    let differing = Mutex::new(Vec::new());
    let check_clocks = || {
        while let Some(zones) = clocks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = WINDOWS.map(|window| fingerprint(&rules(zones[0], window)));
            for zone in zones {
                let expected = &kept.zones[zone.name()];
                assert_eq!(expected.len(), WINDOWS.len(), "{zone}");
                for (i, window) in WINDOWS.into_iter().enumerate() {
                    if found[i] != expected[i] {
                        differing.lock().unwrap().push((*zone, window));
                    }
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(check_clocks);
        }
    });

    let differing = differing.into_inner().unwrap();
    let reports: Vec<_> = differing.iter().take(5).map(|(zone, window)| report(*zone, window)).collect();
    assert!(differing.is_empty(), "{} series differ, among them\n{}", differing.len(), reports.join("\n"));
}

/// Where clocks go forward at midnight, a window of the first hour is empty that day. The slot is the far
/// side of the gap, still on its date, and the email leaves when the next day begins.
#[test]
fn a_midnight_that_clocks_skip_moves_the_slot_and_empties_the_first_hour() {
    for (zone, previous, slot, next_window) in [
        (Tz::America__Sao_Paulo, "2017-09-15", "2017-10-15T01:00:00-02:00", "2017-10-16T00:00:00-02:00"),
        (Tz::Africa__Cairo, "2023-03-28", "2023-04-28T01:00:00+03:00", "2023-04-29T00:00:00+03:00"),
        (Tz::Asia__Beirut, "2022-02-27", "2022-03-27T01:00:00+03:00", "2022-03-28T00:00:00+03:00"),
        (Tz::America__Havana, "2025-02-09", "2025-03-09T01:00:00-04:00", "2025-03-10T00:00:00-04:00"),
    ] {
        for (window, sent) in [("00:00-01:00", next_window), ("00:00-24:00", slot)] {
            let rules = rules(zone, window);
            let previous = rules.slot_of_cycle(previous.parse().unwrap());
            let day = SendDay::new(previous.cycle().date().day().try_into().unwrap()).unwrap();
            let found = rules.next_slot(previous, Some(previous.at()), day);
            assert_eq!(found.at(), at(slot), "{zone} {window}");
            assert_eq!(found.cycle().to_string(), slot[..10], "{zone} {window}");
            assert_eq!(rules.clamp(found.at()), at(sent), "{zone} {window}");
        }
    }
}

/// The clocks of Nuuk go forward from 23:00 to midnight, so the slot of a send day lies in the day after it.
/// That date counts: it names the cycle, and the gap is counted from it.
#[test]
fn a_last_hour_that_clocks_skip_moves_the_slot_to_the_next_date() {
    let rules = rules(Tz::America__Nuuk, "23:00-24:00");
    let day = SendDay::new(27).unwrap();
    let february = rules.slot_of_cycle("2027-02-27".parse().unwrap());
    let march = rules.next_slot(february, Some(february.at()), day);
    assert_eq!(march.at(), at("2027-03-28T00:00:00-01:00"));
    assert_eq!(march.cycle().to_string(), "2027-03-28");
    let sent = rules.clamp(march.at());
    assert_eq!(sent, at("2027-03-28T23:00:00-01:00"));
    assert_eq!(rules.next_slot(march, Some(sent), day).at(), at("2027-04-27T23:00:00-01:00"));
}

/// At the end of 29 December 2011 the clocks of Apia showed the 31st.
#[test]
fn a_day_that_apia_left_out_has_no_window_and_still_counts_as_a_day() {
    let rules = rules(Tz::Pacific__Apia, "11:00-18:00");
    let slots = |created: &str, day| {
        let day = SendDay::new(day).unwrap();
        let first = rules.first_slot(at(created), day);
        let next = rules.next_slot(first, Some(first.at()), day);
        (first, next)
    };
    let slot = |text: &str| Slot::from_stored(at(text), text[..10].parse().unwrap());

    // The delay is over at 23:30 on the 29th, and the next window is that of the 31st.
    let created = "2011-12-28T23:30:00-10:00";
    let first = slot("2011-12-31T11:00:00+14:00");
    assert_eq!(slots(created, 13), (first, slot("2012-02-13T11:00:00+14:00"))); // January's is 13 days on.
    assert_eq!(slots(created, 14), (first, slot("2012-01-14T11:00:00+14:00")));

    // From the 29th to the 12th are 14 days of the calendar, though only 13 passed.
    let created = "2011-12-28T12:00:00-10:00";
    let first = slot("2011-12-29T12:00:00-10:00");
    assert_eq!(slots(created, 11), (first, slot("2012-02-11T11:00:00+14:00")));
    assert_eq!(slots(created, 12), (first, slot("2012-01-12T11:00:00+14:00")));
}
