//! Two whole years of send dates, every send day and every hour, against what must always hold and against
//! a second, slower reading of the rules.
//!
//! The second reading is the [`Almanac`]: it walks a zone's clock minute by minute and notes when each day's
//! opening and closing are first reached, knowing nothing of gaps and folds.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, time::Duration};

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use dripr_core::schedule::{Instant, SendDay, SendingHours, SendingRules, Slot, TimeOfDay, Window};

/// The clock of a zone, walked through minute by minute.
struct Almanac {
    /// What the clock shows at each minute from `from` on.
    shown: Vec<NaiveDateTime>,
    from: Instant,
    /// Each day's opening and closing. Where both are one, the day is empty.
    days: Vec<(NaiveDate, Instant, Instant)>,
}

fn date_time(date: NaiveDate, time: TimeOfDay) -> NaiveDateTime {
    date.and_time(NaiveTime::MIN) + TimeDelta::minutes(time.minutes().into())
}

impl Almanac {
    fn new(zone: Tz, hours: SendingHours, first: NaiveDate, last: NaiveDate) -> Self {
        let from = Utc.from_utc_datetime(&(first - Days::new(3)).and_time(NaiveTime::MIN));
        let minutes = (last - first).num_days() * 1440 + 6 * 1440;
        let shown: Vec<_> = (0..minutes)
            .map(|minute| {
                let t = (from + TimeDelta::minutes(minute)).naive_utc();
                t + zone.offset_from_utc_datetime(&t).fix()
            })
            .collect();
        let mut days = Vec::new();
        let mut minute = 0;
        // Times are asked for in order, so one walk finds the first minute to reach each.
        let mut reach = |wanted: NaiveDateTime| {
            while shown[minute] < wanted {
                minute += 1;
            }
            from + TimeDelta::minutes(minute as i64)
        };
        for date in first.iter_days().take_while(|date| *date <= last) {
            let opening = reach(date_time(date, hours.opens()));
            days.push((date, opening, reach(date_time(date, hours.closes()))));
        }
        Self { shown, from, days }
    }

    fn date(&self, t: Instant) -> NaiveDate {
        self.shown[usize::try_from((t - self.from).num_minutes()).unwrap()].date()
    }

    fn day(&self, date: NaiveDate) -> (Instant, Instant) {
        let (_, opening, closing) = self.days[usize::try_from((date - self.days[0].0).num_days()).unwrap()];
        (opening, closing)
    }

    fn windows(&self) -> impl Iterator<Item = (NaiveDate, Instant, Instant)> {
        self.days.iter().copied().filter(|(_, opening, closing)| opening < closing)
    }

    fn clamp(&self, hours: SendingHours, t: Instant) -> Instant {
        if matches!(hours, SendingHours::Anytime { .. }) {
            return t;
        }
        let next = self.days.partition_point(|(_, _, closing)| *closing <= t);
        let (_, opening, _) =
            self.days[next..].iter().find(|(_, opening, closing)| opening < closing).unwrap();
        t.max(*opening)
    }

    /// The first slot of a campaign whose delay is over, and the window open, at `e`.
    fn first_slot(&self, e: Instant, day: SendDay) -> Slot {
        let (opening, closing) = self.day(self.date(e).with_day(day.get().into()).unwrap());
        let at = if e < closing { e.max(opening) } else { e };
        Slot::from_stored(at, self.date(at).into())
    }

    fn next_slot(&self, rules: &SendingRules, slot: Slot, sent: Instant, day: SendDay) -> Slot {
        let gap = i64::from(rules.minimum_gap_days());
        let month = |date: NaiveDate| (date.year(), date.month());
        // The first day of the month after the slot's is 1 to 31 days on.
        let from = (slot.cycle().date() - self.days[0].0).num_days() as usize + 1;
        for (date, opening, _) in &self.days[from..] {
            if date.day() != u32::from(day.get()) {
                continue;
            }
            let own = self.date(*opening);
            if month(*date) > month(slot.cycle().date())
                && (own - slot.cycle().date()).num_days() >= gap
                && (own - self.date(sent)).num_days() >= gap
            {
                return Slot::from_stored(*opening, own.into());
            }
        }
        panic!("the almanac is too short for the slot after {slot:?}");
    }

    fn is_open(&self, hours: SendingHours, t: Instant) -> bool {
        self.clamp(hours, t) == t
    }
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn within(opens: &str, closes: &str) -> SendingHours {
    SendingHours::Within(Window::new(opens.parse().unwrap(), closes.parse().unwrap()).unwrap())
}

fn anytime(opens: &str) -> SendingHours {
    SendingHours::Anytime { opens: opens.parse().unwrap() }
}

/// Checks the default rules in a zone with some hours: every send day with every hour from `first` to `last`, and with the moments around every opening
/// and closing, as the creation of a campaign and as the end of an outage.
fn check(zone: Tz, hours: SendingHours, first: &str, last: &str) {
    check_rules(SendingRules::default().with_zone(zone).with_hours(hours).unwrap(), first, last);
}

fn check_rules(rules: SendingRules, first: &str, last: &str) {
    let (first, last) = (date(first), date(last));
    let hours = rules.hours();
    let almanac = Almanac::new(rules.zone(), hours, first - Days::new(20), last + Days::new(140));

    let from = Utc.from_utc_datetime(&first.and_time(NaiveTime::MIN));
    let to = Utc.from_utc_datetime(&last.and_time(NaiveTime::MIN)) + TimeDelta::days(1);
    let every_hour = (0..).map(|hour| from + TimeDelta::hours(hour)).take_while(|t| *t < to);
    let edges = almanac.days.iter().flat_map(|(_, opening, closing)| {
        let second = TimeDelta::seconds(1);
        [*opening - second, *opening, *closing - second, *closing]
    });
    let moments: BTreeSet<Instant> =
        every_hour.clone().chain(edges.filter(|t| from <= *t && *t < to)).collect();

    check_opening_hours(&rules, &almanac, &moments);
    let delay = TimeDelta::hours(rules.first_time_delay().hours().into());
    let creations: Vec<_> = every_hour.clone().map(|t| (t, almanac.clamp(hours, t + delay))).collect();
    for day in SendDay::all() {
        let mut slots = BTreeSet::new();
        let mut seen = None;
        for (created, e) in &creations {
            let slot = rules.first_slot(*created, day);
            assert_eq!(slot, almanac.first_slot(*e, day), "created {created} for the {day}");
            if seen != Some(slot) {
                seen = Some(slot);
                slots.insert((slot.at(), slot.cycle()));
            }
            check_first_slot(&rules, &almanac, (*created, *e), day, slot);
        }
        let slots: Vec<_> = slots.into_iter().map(|(at, cycle)| Slot::from_stored(at, cycle)).collect();
        for (i, slot) in slots.iter().enumerate() {
            // Slots of one date have the same grace. Being late is tried with the last of them.
            let last_of_date = slots.get(i + 1).is_none_or(|next| next.cycle() != slot.cycle());
            check_next_slots(&rules, &almanac, *slot, day, last_of_date);
        }
        check_resuming(&rules, &almanac, day, &slots, every_hour.clone());
    }
}

/// Nothing leaves outside a window, and no call ends outside one.
fn check_opening_hours(rules: &SendingRules, almanac: &Almanac, moments: &BTreeSet<Instant>) {
    let timeout = Duration::from_secs(30);
    let can_call = rules.check_timeout(timeout).is_ok();
    for t in moments.iter().copied() {
        assert_eq!(rules.civil_date(t), almanac.date(t), "{t}");
        let clamped = rules.clamp(t);
        assert_eq!(clamped, almanac.clamp(rules.hours(), t), "{t}");
        assert_eq!(rules.clamp(clamped), clamped, "{t}");

        let start = rules.start_at(t, timeout);
        assert!(can_call && start >= t && rules.may_start(start, timeout), "{t}");
        assert_eq!(rules.may_start(t, timeout), start == t, "{t}");
        let end = start + TimeDelta::seconds(30);
        assert!(almanac.is_open(rules.hours(), start) && almanac.is_open(rules.hours(), end), "{t}");
    }
    // A sender's hours end with the last second at which a call can begin.
    if let SendingHours::Within(_) = rules.hours() {
        for (_, opening, closing) in almanac.windows() {
            let last = closing - TimeDelta::seconds(30) - TimeDelta::nanoseconds(1);
            assert!(rules.may_start(opening, timeout) && rules.may_start(last, timeout), "{opening}");
            assert!(!rules.may_start(closing - TimeDelta::seconds(30), timeout), "{closing}");
            assert!(!rules.may_start(opening - TimeDelta::nanoseconds(1), timeout), "{opening}");
        }
    }
}

/// A campaign created at `created` could first send at `e`.
fn check_first_slot(
    rules: &SendingRules,
    almanac: &Almanac,
    (created, e): (Instant, Instant),
    day: SendDay,
    slot: Slot,
) {
    // Nothing before the delay is over, nor outside a window.
    assert!(slot.at() >= e, "created {created} for the {day}: {slot:?}");
    // It waits at most for the send day of the month it can first send in, which may be empty and then end
    // on a later day.
    let first_date = almanac.date(e);
    let same_month = slot.cycle().date().month() == first_date.month();
    let on_send_day = || almanac.day(first_date.with_day(day.get().into()).unwrap()).0 == slot.at();
    assert!(same_month || on_send_day(), "created {created} for the {day}: {slot:?}");
    for approval in [false, true] {
        let preparation = rules.preparation(created, slot, approval);
        assert!(created <= preparation && preparation <= slot.at(), "created {created} for the {day}");
    }
}

/// Sends on time, a little late and at the very end of the grace, and looks at the slot after it.
fn check_next_slots(rules: &SendingRules, almanac: &Almanac, slot: Slot, day: SendDay, be_late: bool) {
    let on_time = almanac.clamp(rules.hours(), slot.at());
    let grace_end = rules.grace_end(slot);
    let mut sendings = vec![on_time];
    if be_late {
        sendings.push(almanac.clamp(rules.hours(), on_time + TimeDelta::days(3)));
        sendings.push(rules.resume(slot, grace_end - TimeDelta::seconds(1), day).send_at);
        // The end of the grace is the very instant from which resuming skips.
        assert!(!rules.resume(slot, grace_end, day).skipped.is_empty(), "{slot:?} ends {grace_end}");
        if grace_end > slot.at() {
            let before = grace_end - TimeDelta::nanoseconds(1);
            assert!(rules.resume(slot, before, day).skipped.is_empty(), "{slot:?} ends {grace_end}");
        }
    }
    for sent in sendings {
        let next = rules.next_slot(slot, Some(sent), day);
        assert_eq!(next, almanac.next_slot(rules, slot, sent, day), "after {slot:?} sent {sent}");
        if sent == on_time {
            assert_eq!(rules.next_slot(slot, None, day).cycle().max(next.cycle()), next.cycle());
        }

        let (this_date, next_date) = (slot.cycle().date(), next.cycle().date());
        assert!(slot.at() < next.at(), "{slot:?} sent {sent}: {next:?}");
        if rules.minimum_gap_days() > 0 {
            assert!(sent < next.at(), "{slot:?} sent {sent}: {next:?}");
        }
        assert!((this_date.year(), this_date.month()) < (next_date.year(), next_date.month()), "{next:?}");
        let gap = i64::from(rules.minimum_gap_days());
        let last_date = this_date.max(almanac.date(sent));
        assert!((next_date - last_date).num_days() >= gap, "{slot:?} sent {sent}: {next:?}");
        // Every slot but the first lies on its send day, unless its window is empty there.
        let (opening, _) = almanac.day(next_date);
        assert!(
            (next_date.day() == u32::from(day.get()) && next.at() == opening)
                || !almanac.is_open(rules.hours(), next.at())
                || almanac.day(next_date - Days::new(1)).0 == next.at(),
            "{next:?}"
        );
        // The grace reaches at most into the day of the next slot, and then an email that leaves so late
        // postpones that slot: two emails are never due together.
        if rules.minimum_gap_days() >= rules.grace_days() {
            assert!(grace_end <= almanac.day(next_date).1.max(next.at()), "{slot:?} sent {sent}: {next:?}");
        }
    }
}

/// Comes back at every hour with the slot that was pending some time before.
fn check_resuming(
    rules: &SendingRules,
    almanac: &Almanac,
    day: SendDay,
    pending: &[Slot],
    every_hour: impl Iterator<Item = Instant>,
) {
    let grace = i64::from(rules.grace_days());
    let (mut first, mut previous) = (0, None);
    for now in every_hour {
        // The first slot of the last 75 days: up to three cycles lie behind it.
        let long_ago = now - TimeDelta::days(75);
        while first + 1 < pending.len() && pending[first].at() < long_ago {
            first += 1;
        }
        let slot = pending[first];
        let resumed = rules.resume(slot, now, day);
        if previous.as_ref() == Some(&(slot, resumed.send_at)) && now <= resumed.send_at {
            continue; // The same answer as an hour ago, before the window opened.
        }
        previous = Some((slot, resumed.send_at));
        let context = || format!("{slot:?} at {now}: {resumed:?}");

        let send_at = resumed.send_at;
        assert!(send_at >= now && send_at >= resumed.slot.at(), "{}", context());
        assert!(almanac.is_open(rules.hours(), send_at), "{}", context());
        let lateness = (almanac.date(send_at) - resumed.slot.cycle().date()).num_days();
        // A slot that lies ahead and is empty leaves at the next window, whatever the grace.
        assert!(lateness <= grace || resumed.slot.at() > now, "{}", context());

        // Skipped are the slots before the one that goes out, each once, each over by now.
        let mut expected = slot;
        let earliest = almanac.clamp(rules.hours(), now.max(slot.at()));
        for cycle in &resumed.skipped {
            assert_eq!(*cycle, expected.cycle(), "{}", context());
            assert!((almanac.date(earliest) - cycle.date()).num_days() > grace, "{}", context());
            expected = rules.next_slot(expected, None, day);
        }
        assert_eq!(resumed.slot, expected, "{}", context());
        assert!((almanac.date(earliest) - expected.cycle().date()).num_days() <= grace, "{}", context());
    }
}

#[test]
fn the_default_rules_over_two_years() {
    check_rules(SendingRules::default(), "2026-01-01", "2027-12-31");
}

#[test]
fn the_window_off_over_two_years() {
    check(Tz::America__New_York, anytime("11:00"), "2027-01-01", "2028-12-31");
}

#[test]
fn a_window_in_the_hour_that_clocks_skip() {
    check(Tz::America__New_York, within("02:00", "03:00"), "2026-02-01", "2026-04-15");
}

#[test]
fn a_window_in_the_hour_that_clocks_repeat() {
    check(Tz::America__New_York, within("01:00", "02:00"), "2026-09-15", "2026-12-15");
    check(Tz::America__New_York, within("00:30", "01:15"), "2026-09-15", "2026-12-15");
}

#[test]
fn clock_changes_of_half_an_hour() {
    check(Tz::Australia__Lord_Howe, within("02:00", "02:30"), "2026-09-15", "2027-04-15");
    check(Tz::Australia__Lord_Howe, within("01:30", "05:00"), "2026-09-15", "2027-04-15");
}

#[test]
fn a_day_that_never_was() {
    for hours in
        [within("11:00", "18:00"), within("00:00", "24:00"), within("22:00", "24:00"), anytime("00:00")]
    {
        check(Tz::Pacific__Apia, hours, "2011-11-15", "2012-01-31");
    }
    check(Tz::Pacific__Kwajalein, within("11:00", "18:00"), "1993-07-15", "1993-09-15");
}

#[test]
fn midnights_that_never_were_or_came_twice() {
    for hours in
        [within("00:00", "01:00"), within("00:00", "00:30"), within("23:00", "24:00"), anytime("00:15")]
    {
        check(Tz::America__Sao_Paulo, hours, "2017-10-01", "2017-10-31");
        check(Tz::America__Sao_Paulo, hours, "2018-02-01", "2018-02-28");
        check(Tz::Africa__Cairo, hours, "2026-04-10", "2026-05-05");
        check(Tz::Africa__Cairo, hours, "2026-10-20", "2026-11-10");
        check(Tz::Asia__Beirut, hours, "2026-03-15", "2026-04-10");
        check(Tz::Asia__Beirut, hours, "2026-10-15", "2026-11-10");
    }
}

#[test]
fn short_and_long_gaps_and_graces() {
    for (gap, grace) in [(0, 0), (1, 14), (28, 14), (28, 0)] {
        let rules =
            SendingRules::default().with_minimum_gap_days(gap).unwrap().with_grace_days(grace).unwrap();
        check_rules(rules, "2028-01-20", "2028-04-10");
        let hours = within("02:00", "03:00");
        check_rules(rules.with_hours(hours).unwrap(), "2028-02-20", "2028-04-10");
    }
}

/// What the docs tell agents: about one new campaign in ten skips a month after its first email.
#[test]
fn about_one_new_campaign_in_ten_skips_a_month_after_its_first_email() {
    let rules = SendingRules::default();
    let from: Instant = "2026-01-01T00:00:00Z".parse().unwrap();
    let (mut campaigns, mut skipping) = (0, 0);
    for hour in 0..365 * 24 {
        for day in SendDay::all() {
            let first = rules.first_slot(from + TimeDelta::hours(hour), day);
            let next = rules.next_slot(first, Some(first.at()), day);
            let months = |slot: Slot| slot.cycle().date().year() * 12 + slot.cycle().date().month0() as i32;
            campaigns += 1;
            skipping += usize::from(months(next) - months(first) > 1);
        }
    }
    let share = f64::from(skipping as u32) / f64::from(campaigns);
    assert!((0.09..0.12).contains(&share), "{share}");
}
