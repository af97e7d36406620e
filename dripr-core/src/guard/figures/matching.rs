//! Whether a figure is one of those given, as exactly as its writing shows.

use chrono::{Datelike, NaiveDate};

use super::{
    figure::{Amount, Bound, Unit, What},
    known::{Fact, Known},
};

/// How far a figure may lie from its fact, as a share of the fact.
mod nearness {
    /// Dollars and areas written out in full: *$1,190,000* for $1,187,500, but not *$1,200,000*.
    pub(super) const WRITTEN_OUT: f64 = 0.005;
    /// The same after *about*, *nearly*, *more than*.
    pub(super) const HEDGED: f64 = 0.025;
    /// Counts of homes and days after such words: *nearly 100* for 97.
    pub(super) const HEDGED_COUNT: f64 = 0.05;
    /// Figures with a scale, whose digits show how exact they are: *$2 million* for $1,950,000, not for $1,600,000.
    pub(super) const SCALED: f64 = 0.05;
    /// Lengths of time in another unit: *three months* for 100 days, not for 110.
    pub(super) const LENGTH: f64 = 0.15;
    /// The same after *more than* and *less than*: *less than two weeks* for 12 days.
    pub(super) const BOUNDED_LENGTH: f64 = 0.35;
    /// Fractions, as a share of the fact but of no more than one: *half a percent* for 0.48, *six and a half* for 6.46.
    pub(super) const FRACTION: f64 = 0.05;
    /// The same after *about*.
    pub(super) const HEDGED_FRACTION: f64 = 0.15;
    /// Rooms, which are counted in quarters.
    pub(super) const ROOMS: f64 = 0.05;
    /// What is lost when a number is read and divided.
    pub(super) const FLOAT: f64 = 1e-9;
}

/// The facts that an amount may mean.
pub(super) fn facts_meant<'a>(amount: &'a Amount, known: &'a Known) -> impl Iterator<Item = &'a Fact> {
    known.facts.iter().filter(|fact| {
        // An unsigned fact has no sign to show.
        let signed = amount.sign.is_none() || fact.direction.is_some();
        signed && counts(amount, fact) && agrees(amount, fact)
    })
}

/// Whether what was given says what a figure says, direction aside.
pub(super) fn is_known(what: &What, known: &Known) -> bool {
    if known.quoted.contains(what) {
        return true;
    }
    match *what {
        What::Amount(amount) if amount.unit == Unit::Share => is_share(&amount, known),
        What::Amount(amount) => facts_meant(&amount, known).next().is_some(),
        What::Date { year, month, day } => known.dates.iter().any(|date| {
            date.month() == month
                && day.is_none_or(|day| date.day() == day)
                && year.is_none_or(|year| date.year() == year)
        }),
        What::Ordinal { number, century: false } => {
            known.dates.iter().any(|date| date.day() == number)
                || of(Unit::Bare, known).any(|value| value == f64::from(number))
        }
        What::Ordinal { number, century: true } => {
            of(Unit::Year, known).any(|year| ((year - 1.0) / 100.0).floor() + 1.0 == f64::from(number))
        }
        What::Decade(decade) => of(Unit::Year, known).any(|year| is_of_decade(year, decade)),
        What::Quarter { quarter, year } => known
            .dates
            .iter()
            .any(|date| quarter_of(*date) == quarter && year.is_none_or(|year| date.year() == year)),
        What::Weekday(weekday) => known.dates.iter().any(|date| date.weekday() == weekday),
        What::Vague { scale, unit } => known
            .facts
            .iter()
            .filter(|fact| fact.unit == unit || unit == Unit::Bare && fact.unit != Unit::Year)
            .any(|fact| (2.0 * scale..10.0 * scale).contains(&fact.value)),
    }
}

fn of(unit: Unit, known: &Known) -> impl Iterator<Item = f64> {
    known.facts.iter().filter(move |fact| fact.unit == unit).map(|fact| fact.value)
}

/// 1980 for the 1980s, 80 for the eighties of any century, 1900 for the years from 1900 to 1999 and to 1909.
fn is_of_decade(year: f64, decade: i32) -> bool {
    let decade = f64::from(decade);
    match decade {
        short if short < 100.0 => (year % 100.0 / 10.0).floor() * 10.0 == short,
        century if century % 100.0 == 0.0 => (year / 100.0).floor() * 100.0 == century,
        decade => (year / 10.0).floor() * 10.0 == decade,
    }
}

fn quarter_of(date: NaiveDate) -> u32 {
    date.month0() / 3 + 1
}

/// *A third* may be a known percentage; *half* of all lies on either side of a median.
fn is_share(amount: &Amount, known: &Known) -> bool {
    let near = if amount.bound == Bound::None { nearness::FRACTION } else { nearness::HEDGED_FRACTION };
    let percent = amount.value * 100.0;
    amount.value == 0.5 && known.median
        || of(Unit::Percent, known).any(|fact| (percent - fact).abs() <= near * fact)
}

/// Whether an amount may count what a fact counts.
fn counts(amount: &Amount, fact: &Fact) -> bool {
    match amount.unit {
        // Nothing is said of what it counts.
        Unit::Bare => true,
        unit if unit == fact.unit => true,
        // *In 2015 homes* may be a year and homes.
        Unit::Homes | Unit::Other if amount.year_like && fact.unit == Unit::Year => true,
        Unit::Other => matches!(fact.unit, Unit::Homes | Unit::Bare),
        _ => false,
    }
}

/// Whether an amount is a fact, rounded to what its writing shows.
fn agrees(amount: &Amount, fact: &Fact) -> bool {
    let Amount { value, step, scaled, bound, .. } = *amount;
    let given = fact.value / amount.scale;
    let apart = (value - given).abs();
    if apart <= nearness::FLOAT * given.max(value) {
        return true;
    }
    // Nothing that is something rounds to nothing, but for rooms, of which there is no such part.
    let rooms = matches!(fact.unit, Unit::Bedrooms | Unit::Bathrooms | Unit::Floors);
    if value == 0.0 && !rooms || !apart.is_finite() {
        return false;
    }
    let hedged = bound != Bound::None;
    // The last digit that is shown, and the share of the fact by which it may still be off.
    let (step, near) = match fact.unit {
        _ if rooms && (step >= 1.0 || step == 0.0) => {
            return apart <= nearness::ROOMS;
        }
        Unit::Year | Unit::Bare | Unit::Other | Unit::Foreign => return false,
        _ if step == 0.0 => {
            let near = if hedged { nearness::HEDGED_FRACTION } else { nearness::FRACTION };
            return apart <= near * given.min(1.0);
        }
        Unit::Money | Unit::Area if scaled => (step, nearness::SCALED),
        Unit::Money | Unit::Area if step < 1.0 => (step, f64::INFINITY),
        Unit::Money | Unit::Area if hedged => (coarsest(value), nearness::HEDGED),
        Unit::Money | Unit::Area => (coarsest(value), nearness::WRITTEN_OUT),
        Unit::Days if scaled && matches!(bound, Bound::Over | Bound::Under) => {
            (step, nearness::BOUNDED_LENGTH)
        }
        Unit::Days if scaled => (step, nearness::LENGTH),
        Unit::Days | Unit::Homes if hedged => (coarsest(value), nearness::HEDGED_COUNT),
        Unit::Miles if scaled => (coarsest(value), nearness::SCALED),
        _ => (step, f64::INFINITY),
    };
    let drift = 1.0 + nearness::FLOAT;
    let between = |low: f64, high: f64| (low..=high).contains(&given);
    let by_bound = match bound {
        Bound::Over => between(value, value + step * drift),
        Bound::Under => between(value - step * drift, value),
        Bound::None | Bound::About => false,
    };
    // Homes and days are whole: a figure that is one off is another figure.
    let by_rounding = apart <= step / 2.0 * drift + nearness::FLOAT;
    (by_bound || by_rounding) && (near.is_infinite() || apart <= near * given)
}

/// What the last digit before the closing zeros of a whole number counts: 10,000 for 1,190,000.
fn coarsest(value: f64) -> f64 {
    let mut step = 1.0;
    while value > 0.0 && value.is_finite() && value % (step * 10.0) == 0.0 {
        step *= 10.0;
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::{figures::scan::scan, prose::Prose};

    fn agrees_with(text: &str, unit: Unit, value: f64) -> bool {
        let figures = scan(&Prose::of(text));
        let [figure] = figures.as_slice() else { panic!("{text}: {figures:?}") };
        let What::Amount(amount) = figure.what else { panic!("{text}: {figures:?}") };
        let fact = Fact { unit, value, direction: None };
        counts(&amount, &fact) && agrees(&amount, &fact)
    }

    #[test]
    fn a_figure_is_as_exact_as_it_is_written() {
        for (text, unit, value) in [
            ("$1.19M", Unit::Money, 1_187_500.0),
            ("$1.2 million", Unit::Money, 1_187_500.0),
            ("$1,190,000", Unit::Money, 1_187_500.0),
            ("nearly $1,200,000", Unit::Money, 1_187_500.0),
            ("over $1.1 million", Unit::Money, 1_140_000.0),
            ("$18,446,744,073,709,551,615", Unit::Money, u64::MAX as f64),
            ("3%", Unit::Percent, 3.2),
            ("less than 0.1%", Unit::Percent, 0.03),
            ("about half a percent", Unit::Percent, 0.55),
            ("three months", Unit::Days, 90.0),
            ("13 weeks", Unit::Days, 90.0),
            ("under 0.1 miles", Unit::Miles, 0.02),
            ("nearly 100 homes", Unit::Homes, 97.0),
            ("0.11 acres", Unit::Area, 5_000.0),
            ("3.1 beds", Unit::Bedrooms, 3.13),
            ("14 basis points", Unit::Points, 0.14),
            ("1987", Unit::Year, 1_987.0),
            ("the past year", Unit::Days, 400.0),
            ("In 2015 homes", Unit::Year, 2_015.0),
            ("$331.4", Unit::Money, 331.38),
            ("over 3%", Unit::Percent, 3.9),
            ("under 3%", Unit::Percent, 2.1),
        ] {
            assert!(agrees_with(text, unit, value), "{text} for {value}");
        }
        for (text, unit, value) in [
            ("$1.3M", Unit::Money, 1_187_500.0),
            ("$1 million", Unit::Money, 1_187_500.0),
            ("$1,200,000", Unit::Money, 1_187_500.0),
            ("over $1.2 million", Unit::Money, 1_100_000.0),
            ("$600,000", Unit::Money, 584_000.0),
            ("4%", Unit::Percent, 3.2),
            ("0%", Unit::Percent, 0.3),
            ("$3", Unit::Percent, 3.0),
            ("3.2 points", Unit::Percent, 3.2),
            ("two months", Unit::Days, 90.0),
            ("91 days", Unit::Days, 90.0),
            ("98 homes", Unit::Homes, 97.0),
            ("100 homes", Unit::Homes, 97.0),
            ("nearly 100 homes", Unit::Homes, 90.0),
            ("2 baths", Unit::Bathrooms, 1.75),
            ("in 1986", Unit::Year, 1_987.0),
            ("the past year", Unit::Days, 500.0),
            ("In 2016 homes", Unit::Year, 2_015.0),
            ("97 homes", Unit::Year, 97.0),
            ("97", Unit::Bare, 97.3),
            ("$331.4", Unit::Money, 331.8),
            ("over 3%", Unit::Percent, 4.5),
            ("under 3%", Unit::Percent, 1.5),
        ] {
            assert!(!agrees_with(text, unit, value), "{text} for {value}");
        }
    }
}
