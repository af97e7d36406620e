//! How figures, dates and homes are written for people. A figure that cannot be true is not written at all.

use chrono::{Datelike, NaiveDate};
use dripr_core::content::HomeFacts;

/// Whole dollars: `$512,000`.
pub(crate) fn money(dollars: u64) -> String {
    let mut text = String::with_capacity(12);
    text.push('$');
    push_grouped(&mut text, dollars);
    text
}

/// A whole number with its thousands parted: `1,680`.
pub(crate) fn whole(number: u64) -> String {
    let mut text = String::with_capacity(10);
    push_grouped(&mut text, number);
    text
}

fn push_grouped(text: &mut String, number: u64) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut length = 0;
    for slot in digits.iter_mut().rev() {
        // A digit fits a byte.
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    for (at, digit) in digits.iter().skip(digits.len() - length).enumerate() {
        if at > 0 && (length - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(char::from(*digit));
    }
}

/// A number with at most `places` decimals, rounded, and no idle zeros: `2.5`, `3`, `1.75`.
pub(crate) fn decimal(number: f64, places: u32) -> String {
    let scale = 10_u64.pow(places);
    let all = rounded(number.abs(), places);
    let (whole, mut fraction, mut places) = (all / scale, all % scale, places);
    let mut text = String::with_capacity(8);
    if number < 0.0 && all > 0 {
        text.push('-');
    }
    push_digits(&mut text, whole);
    while fraction > 0 && fraction.is_multiple_of(10) {
        fraction /= 10;
        places -= 1;
    }
    if fraction > 0 {
        push_fraction(&mut text, fraction, places);
    }
    text
}

/// A number times ten to the power of `places`, as a whole number.
fn rounded(number: f64, places: u32) -> u64 {
    // A cast holds on to the nearest number there is.
    (number * 10_f64.powi(places.cast_signed())).round() as u64
}

fn push_digits(text: &mut String, number: u64) {
    use std::fmt::Write;
    // Writing to a String cannot fail.
    let _ = write!(text, "{number}");
}

fn push_fraction(text: &mut String, fraction: u64, places: u32) {
    use std::fmt::Write;
    // Writing to a String cannot fail.
    let _ = write!(text, ".{fraction:0places$}", places = places as usize);
}

/// How much something moved, without its direction: `3.2%`.
pub(crate) fn percent(number: f64) -> String {
    let size = number.abs();
    if size < 0.05 { "less than 0.1%".to_owned() } else { format!("{}%", decimal(size, 1)) }
}

/// An interest rate: `3.75%`.
pub(crate) fn rate(number: f64) -> String {
    let hundredths = rounded(number, 2);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// The number, if it is one and lies between 0 and `most`.
pub(crate) fn plausible(number: f64, most: f64) -> Option<f64> {
    (number.is_finite() && (0.0..=most).contains(&number)).then_some(number)
}

/// The change, if it is a number and not beyond all measure.
pub(crate) fn plausible_change(number: f64, most: f64) -> Option<f64> {
    (number.is_finite() && number.abs() <= most).then_some(number)
}

/// The English name of a month.
pub(crate) fn month_name(date: NaiveDate) -> &'static str {
    match date.month() {
        1 => "January",
        2 => "February",
        3 => "March",
        4 => "April",
        5 => "May",
        6 => "June",
        7 => "July",
        8 => "August",
        9 => "September",
        10 => "October",
        11 => "November",
        _ => "December",
    }
}

/// `March 1, 2015`.
pub(crate) fn date(date: NaiveDate) -> String {
    format!("{} {}, {}", month_name(date), date.day(), date.year())
}

/// A length of time after *over*: `90 days`, `a year`.
pub(crate) fn over(days: u16) -> String {
    match span(days) {
        one if one.starts_with(|first: char| first.is_ascii_digit()) => one,
        one => format!("a {one}"),
    }
}

/// A length of time in the middle of a sentence: `90 days`, `year`.
pub(crate) fn span(days: u16) -> String {
    match days {
        1 => "day".to_owned(),
        360..=370 => "year".to_owned(),
        days => format!("{days} days"),
    }
}

/// A distance, in tenths of a mile. What is nearer than that is written as such.
pub(crate) fn miles(miles: f64) -> Option<String> {
    let miles = plausible(miles, 25_000.0)?;
    Some(if miles < 0.05 { "under 0.1 mi".to_owned() } else { format!("{} mi", decimal(miles, 1)) })
}

/// `3 beds`, `1 bed`, `studio`.
pub(crate) fn bedrooms(facts: &HomeFacts) -> Option<String> {
    let rooms = plausible(f64::from(facts.bedrooms?), 100.0)?;
    Some(match decimal(rooms, 1).as_str() {
        "0" => "studio".to_owned(),
        "1" => "1 bed".to_owned(),
        rooms => format!("{rooms} beds"),
    })
}

/// `2.5 baths`, `1 bath`.
pub(crate) fn bathrooms(facts: &HomeFacts) -> Option<String> {
    let rooms = plausible(f64::from(facts.bathrooms?), 100.0)?;
    match decimal(rooms, 2).as_str() {
        "0" => None,
        "1" => Some("1 bath".to_owned()),
        rooms => Some(format!("{rooms} baths")),
    }
}

/// `1,680 sq ft`.
pub(crate) fn living_area(facts: &HomeFacts) -> Option<String> {
    let area = facts.living_area_sqft.filter(|area| *area > 0)?;
    Some(format!("{} sq ft", whole(u64::from(area))))
}

/// `built 1926`.
pub(crate) fn built(facts: &HomeFacts) -> Option<String> {
    let year = facts.year_built.filter(|year| (1600..=2200).contains(year))?;
    Some(format!("built {year}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_parted_from_the_right() {
        for (number, text) in [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
            (100_000, "100,000"),
        ] {
            assert_eq!(whole(number), text);
        }
        assert_eq!(money(u64::MAX), "$18,446,744,073,709,551,615");
    }

    #[test]
    fn decimals_have_no_idle_zeros() {
        for (number, places, text) in [
            (2.5, 2, "2.5"),
            (3.0, 2, "3"),
            (1.75, 2, "1.75"),
            (100.0, 0, "100"),
            (-0.001, 1, "0"),
            (0.25, 1, "0.3"),
            (-1.05, 2, "-1.05"),
            (10.0, 1, "10"),
        ] {
            assert_eq!(decimal(number, places), text);
        }
        assert_eq!(percent(-3.24), "3.2%");
        assert_eq!(percent(0.01), "less than 0.1%");
        assert_eq!(rate(3.5), "3.50%");
    }

    #[test]
    fn what_cannot_be_true_is_not_written() {
        let facts = HomeFacts {
            bedrooms: Some(f32::NAN),
            bathrooms: Some(-1.0),
            living_area_sqft: Some(0),
            year_built: Some(0),
            ..HomeFacts::default()
        };
        assert_eq!((bedrooms(&facts), bathrooms(&facts)), (None, None));
        assert_eq!((living_area(&facts), built(&facts)), (None, None));
        assert_eq!(miles(f64::INFINITY), None);
        assert_eq!(plausible_change(f64::NAN, 10.0), None);
    }
}
