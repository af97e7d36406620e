use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};
use chrono_tz::{America, Pacific, Tz};
use dripr_core::{
    schedule::{Instant, start_of_day},
    statistics::{Interval, InvalidSpan, MOST_PIECES, Pieces, Span, TooManyPieces},
    testkit::schedule::HARD_ZONES,
};
use proptest::{prelude::*, sample::select};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn span(first: &str, last: &str, zone: Tz) -> Span {
    Span::new(day(first), day(last), zone).unwrap()
}

fn days(pieces: &Pieces) -> Vec<(NaiveDate, NaiveDate)> {
    pieces.as_slice().iter().map(|piece| (piece.first, piece.last)).collect()
}

fn interval() -> impl Strategy<Value = Interval> {
    select(Interval::ALL.to_vec())
}

/// Days from 1980 to 2040, up to a few more than can be asked for.
fn any_span() -> impl Strategy<Value = Span> {
    let first = (0..22_000_u64).prop_map(|days| day("1980-01-01") + Days::new(days));
    (first, 0..420_u64, select(HARD_ZONES.to_vec()))
        .prop_map(|(first, more, zone)| Span::new(first, first + Days::new(more), zone).unwrap())
}

/// The week or the month that a day is of, in words of its own.
fn name(of: NaiveDate, by: Interval) -> (i32, u32) {
    match by {
        Interval::Day => (of.year(), of.ordinal()),
        Interval::Week => (of.iso_week().year(), of.iso_week().week()),
        Interval::Month => (of.year(), of.month()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn pieces_are_all_of_the_days_in_their_order(span in any_span(), by in interval()) {
        let Ok(pieces) = span.cut(by) else {
            let count = (span.last() - span.first()).num_days() + 1;
            prop_assert!(by == Interval::Day && count > i64::try_from(MOST_PIECES).unwrap());
            return Ok(());
        };
        let all = pieces.as_slice();
        prop_assert!((1..=MOST_PIECES).contains(&all.len()));
        prop_assert_eq!((all[0].first, all[all.len() - 1].last), (span.first(), span.last()));
        prop_assert_eq!(pieces.period(), span.period());
        let (from, until) = (all[0].period.from, all[all.len() - 1].period.until);
        prop_assert_eq!((from, until), (span.period().from, span.period().until));
        for pair in all.windows(2) {
            prop_assert_eq!(pair[0].last.succ_opt(), Some(pair[1].first), "no day is left out");
            prop_assert_eq!(pair[0].period.until, pair[1].period.from, "no instant is left out");
            prop_assert_ne!(name(pair[0].last, by), name(pair[1].first, by), "no piece is cut without need");
        }
        for piece in all {
            prop_assert!(piece.first <= piece.last);
            prop_assert_eq!(name(piece.first, by), name(piece.last, by), "each piece is of one {:?}", by);
            prop_assert_eq!(Some(piece.period.from), start_of_day(piece.first, span.zone()));
        }
    }

    #[test]
    fn an_instant_lies_in_the_piece_of_its_day(span in any_span(), by in interval(), second in any::<u32>()) {
        let Ok(pieces) = span.cut(by) else { return Ok(()) };
        let period = span.period();
        let seconds = (period.until - period.from).num_seconds();
        prop_assume!(seconds > 0);
        let at = period.from + TimeDelta::seconds(i64::from(second) % seconds);
        let place = pieces.place(at);
        prop_assert!(place.is_some());
        let piece = pieces.as_slice()[place.unwrap()];
        prop_assert!(piece.period.from <= at && at < piece.period.until);
        // Where a midnight comes twice, the hour between both shows the day before.
        let shown = at.with_timezone(&span.zone()).date_naive();
        let is_within = (piece.first..=piece.last).contains(&shown);
        prop_assert!(is_within || shown.succ_opt() == Some(piece.first), "{} shows {}", at, shown);
    }

    #[test]
    fn pieces_have_edges(span in any_span(), by in interval()) {
        let Ok(pieces) = span.cut(by) else { return Ok(()) };
        let moment = TimeDelta::nanoseconds(1);
        let period = span.period();
        prop_assert_eq!(pieces.place(period.from - moment), None);
        prop_assert_eq!(pieces.place(period.until), None);
        for (at, piece) in pieces.as_slice().iter().enumerate() {
            // There is nothing in a day that the zone left out.
            if piece.period.from < piece.period.until {
                prop_assert_eq!(pieces.place(piece.period.from), Some(at));
                prop_assert_eq!(pieces.place(piece.period.until - moment), Some(at));
            }
        }
    }
}

#[test]
fn months_are_as_long_as_they_are() {
    let pieces = span("2027-12-31", "2028-03-01", Tz::UTC).cut(Interval::Month).unwrap();
    let expected = [
        ("2027-12-31", "2027-12-31"),
        ("2028-01-01", "2028-01-31"),
        ("2028-02-01", "2028-02-29"),
        ("2028-03-01", "2028-03-01"),
    ];
    assert_eq!(days(&pieces), expected.map(|(first, last)| (day(first), day(last))));
}

#[test]
fn weeks_begin_on_mondays() {
    let pieces = span("2026-02-25", "2026-03-09", Tz::UTC).cut(Interval::Week).unwrap();
    let expected = [("2026-02-25", "2026-03-01"), ("2026-03-02", "2026-03-08"), ("2026-03-09", "2026-03-09")];
    assert_eq!(days(&pieces), expected.map(|(first, last)| (day(first), day(last))));
    assert!(pieces.as_slice()[1..].iter().all(|piece| piece.first.weekday() == Weekday::Mon));
}

#[test]
fn days_are_as_long_as_the_clocks_make_them() {
    let hours = |first: &str, last: &str, zone: Tz| -> Vec<i64> {
        let pieces = span(first, last, zone).cut(Interval::Day).unwrap();
        let periods = pieces.as_slice().iter().map(|piece| piece.period);
        periods.map(|period| (period.until - period.from).num_hours()).collect()
    };
    assert_eq!(hours("2026-03-07", "2026-03-09", America::New_York), [24, 23, 24]);
    assert_eq!(hours("2026-10-31", "2026-11-02", America::New_York), [24, 25, 24]);
    // The clocks of Brazil went from midnight to one o'clock.
    assert_eq!(hours("2017-10-14", "2017-10-15", America::Sao_Paulo), [24, 23]);
    // Samoa crossed the date line, and had no such day.
    let samoa = ("2011-12-29", "2011-12-31", Pacific::Apia);
    assert_eq!(hours(samoa.0, samoa.1, samoa.2), [24, 0, 24]);
    let pieces = span(samoa.0, samoa.1, samoa.2).cut(Interval::Day).unwrap();
    let midnight: Instant = "2011-12-30T10:00:00Z".parse().unwrap();
    assert_eq!(pieces.place(midnight), Some(2));
    assert_eq!(pieces.place(midnight - TimeDelta::seconds(1)), Some(0));
}

#[test]
fn there_are_no_more_pieces_than_can_be_shown() {
    let first = day("2025-03-01");
    let of = |days: usize, by| {
        let last = first + Days::new(u64::try_from(days).unwrap() - 1);
        Span::new(first, last, Tz::UTC).unwrap().cut(by).map(|pieces| pieces.as_slice().len())
    };
    assert_eq!(of(1, Interval::Day), Ok(1));
    assert_eq!(of(MOST_PIECES, Interval::Day), Ok(MOST_PIECES));
    assert_eq!(of(MOST_PIECES + 1, Interval::Day), Err(TooManyPieces));
    assert_eq!(of(MOST_PIECES + 1, Interval::Week), Ok(58));
    // The most that there can be is refused as soon as it is known.
    let ever = span("0001-01-01", "9998-12-31", Tz::UTC);
    for by in Interval::ALL {
        assert_eq!(ever.cut(by), Err(TooManyPieces));
    }
}

#[test]
fn days_that_cannot_be_counted_are_refused() {
    let of_days = |first, last| Span::new(first, last, America::New_York);
    let of = |first: &str, last: &str| of_days(day(first), day(last));
    assert_eq!(of("2026-03-02", "2026-03-01"), Err(InvalidSpan::Backwards));
    assert_eq!(of("0000-12-31", "2026-03-01"), Err(InvalidSpan::First));
    assert_eq!(of("2026-03-01", "9999-01-01"), Err(InvalidSpan::Last));
    assert_eq!(of_days(NaiveDate::MIN, NaiveDate::MAX), Err(InvalidSpan::Last));
    assert!(of("0001-01-01", "9998-12-31").is_ok());
}
