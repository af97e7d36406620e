//! Strategies that make up send days, windows, zones, rules and instants, for property tests of scheduling.
//!
//! They lean towards what is hard: clock changes, windows at midnight and in skipped hours, the ends of
//! months. Everything they make is valid.
//!
//! ```
//! use dripr_core::testkit::schedule::{instant, send_day, sending_rules};
//! use proptest::prelude::*;
//!
//! proptest!(|(rules in sending_rules(), created in instant(), day in send_day())| {
//!     let slot = rules.first_slot(created, day);
//!     prop_assert!(slot.at() >= created + chrono::TimeDelta::hours(rules.first_time_delay().hours().into()));
//! });
//! ```

use chrono::{DateTime, TimeDelta};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::{prelude::*, sample::select};

use crate::schedule::{
    Delay, Instant, MAX_GRACE_DAYS, MAX_MINIMUM_GAP_DAYS, SendDay, SendingHours, SendingRules, Slot,
    TimeOfDay, Window,
};

/// Zones whose clocks do something that code tends to get wrong: half-hour changes, changes at midnight,
/// skipped days, odd offsets, none at all.
pub const HARD_ZONES: [Tz; 14] = [
    Tz::UTC,
    Tz::America__New_York,
    Tz::America__St_Johns,
    Tz::America__Sao_Paulo,
    Tz::America__Havana,
    Tz::Africa__Cairo,
    Tz::Asia__Beirut,
    Tz::Asia__Kathmandu,
    Tz::Europe__London,
    Tz::Australia__Lord_Howe,
    Tz::Antarctica__Troll,
    Tz::Pacific__Apia,
    Tz::Pacific__Chatham,
    Tz::Pacific__Kwajalein,
];

/// Any send day, the 1st to the 28th.
pub fn send_day() -> impl Strategy<Value = SendDay> + Clone {
    select(SendDay::all().collect::<Vec<_>>())
}

/// Any time of day from 00:00 to 24:00, often on the hour.
pub fn time_of_day() -> impl Strategy<Value = TimeOfDay> + Clone {
    prop_oneof![(0..=24_u16).prop_map(|hour| hour * 60), 0..=1440_u16]
        .prop_map(|minutes| TimeOfDay::from_minutes(minutes).unwrap_or(TimeOfDay::END_OF_DAY))
}

/// Any window: whole days, single minutes, and those that a clock change can cut or swallow.
pub fn window() -> impl Strategy<Value = Window> + Clone {
    let any = (time_of_day(), time_of_day())
        .prop_filter_map("a window opens before it closes", |(a, b)| Window::new(a.min(b), a.max(b)).ok());
    let hard = select(vec![
        (0, 1440),
        (0, 30),
        (0, 60),
        (60, 120),
        (120, 180),
        (150, 360),
        (615, 616),
        (1380, 1440),
    ])
    .prop_filter_map("a window opens before it closes", |(opens, closes)| {
        Window::new(TimeOfDay::from_minutes(opens).ok()?, TimeOfDay::from_minutes(closes).ok()?).ok()
    });
    prop_oneof![2 => Just(Window::ELEVEN_TO_SIX), 2 => hard, 3 => any]
}

/// A window, or none in one case of five.
pub fn sending_hours() -> impl Strategy<Value = SendingHours> + Clone {
    prop_oneof![
        4 => window().prop_map(SendingHours::Within),
        1 => window().prop_map(|window| SendingHours::Anytime { opens: window.opens() }),
    ]
}

/// Any IANA zone, half of the time one of [`HARD_ZONES`].
pub fn zone() -> impl Strategy<Value = Tz> + Clone {
    prop_oneof![select(&HARD_ZONES[..]), select(&TZ_VARIANTS[..])]
}

/// Any valid rules.
pub fn sending_rules() -> impl Strategy<Value = SendingRules> + Clone {
    let delay = || prop_oneof![Just(0_u16), Just(24), Just(72), 0..=1000_u16].prop_map(Delay::from_hours);
    let gap = prop_oneof![Just(14), 0..=MAX_MINIMUM_GAP_DAYS];
    let grace = prop_oneof![Just(14), 0..=MAX_GRACE_DAYS];
    (zone(), sending_hours(), delay(), delay(), delay(), gap, grace).prop_filter_map(
        "the parts are valid, and so is the whole",
        |(zone, hours, first_time_delay, lead, approval_lead, gap, grace)| {
            SendingRules::default()
                .with_zone(zone)
                .with_first_time_delay(first_time_delay)
                .with_lead(lead)
                .with_approval_lead(approval_lead)
                .with_hours(hours)
                .and_then(|rules| rules.with_minimum_gap_days(gap))
                .and_then(|rules| rules.with_grace_days(grace))
                .ok()
        },
    )
}

/// Any instant of the years 2012 to 2060, half of the time on the hour.
///
/// From 2012 on no zone has clocks that go back over a midnight already shown, so that civil dates never
/// go back either.
pub fn instant() -> impl Strategy<Value = Instant> + Clone {
    const HOUR: i64 = 3600;
    let seconds = 1_325_376_000..2_871_763_200_i64;
    prop_oneof![seconds.clone().prop_map(|second| second - second % HOUR), seconds]
        .prop_map(|second| DateTime::from_timestamp(second, 0).unwrap_or_default())
}

/// Any instant that can be written down at all, most of them absurd.
pub fn any_instant() -> impl Strategy<Value = Instant> + Clone {
    let anywhere = (Instant::MIN_UTC.timestamp()..=Instant::MAX_UTC.timestamp(), 0..1_000_000_000_u32)
        .prop_map(|(second, nano)| DateTime::from_timestamp(second, nano).unwrap_or_default());
    prop_oneof![
        Just(Instant::MIN_UTC),
        Just(Instant::MAX_UTC),
        Just(crate::schedule::EARLIEST),
        Just(crate::schedule::LATEST),
        anywhere,
        instant(),
    ]
}

/// A campaign's first slot and the rules and send day that made it.
pub fn campaign() -> impl Strategy<Value = (SendingRules, SendDay, Slot)> + Clone {
    (sending_rules(), send_day(), instant())
        .prop_map(|(rules, day, created)| (rules, day, rules.first_slot(created, day)))
}

/// A present moment some time around a slot: up to 40 days before, up to 400 days after.
pub fn around(slot: Slot) -> impl Strategy<Value = Instant> + Clone {
    const DAY: i64 = 86_400;
    prop_oneof![-40 * DAY..=400 * DAY, -2 * DAY..=30 * DAY]
        .prop_map(move |seconds| slot.at() + TimeDelta::seconds(seconds))
}
