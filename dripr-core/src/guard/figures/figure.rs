//! What a figure in a text says.

use chrono::Weekday;

/// A figure found in a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    pub(super) what: What,
    /// Its first token.
    pub(super) start: usize,
    /// The token after it.
    pub(super) end: usize,
}

/// What a figure says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum What {
    /// So much of something.
    Amount(Amount),
    /// A day, or as much of it as is named.
    Date { year: Option<i32>, month: u32, day: Option<u32> },
    /// The so-and-so-manyth: a day of a month, or a century.
    Ordinal { number: u32, century: bool },
    /// Ten years, by the first of them: 1980, or 80 where no century is named.
    Decade(i32),
    /// A quarter of a year.
    Quarter { quarter: u32, year: Option<i32> },
    /// A day of the week.
    Weekday(Weekday),
    /// Dozens, hundreds: more than one of something, and less than ten of it.
    Vague { scale: f64, unit: Unit },
}

/// So much of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Amount {
    pub(super) unit: Unit,
    /// In the scale and unit in which it is written.
    pub(super) value: f64,
    /// What the last digit shown counts, in the same; 0 for fractions.
    pub(super) step: f64,
    /// How much of the fact's unit one of the written unit is: a million for *$1.2 million*, 7 for weeks.
    pub(super) scale: f64,
    /// Whether the scale is one that is written (a million, weeks), so that the digits show how exact the figure is.
    pub(super) scaled: bool,
    /// A sign that is written before it.
    pub(super) sign: Option<Direction>,
    /// What is said of its exactness.
    pub(super) bound: Bound,
    /// Whether it could be a year: four digits without a comma.
    pub(super) year_like: bool,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    /// Dollars.
    Money,
    /// Percent.
    Percent,
    /// Percentage points.
    Points,
    /// Days.
    Days,
    /// Square feet.
    Area,
    /// Miles.
    Miles,
    /// Bedrooms.
    Bedrooms,
    /// Bathrooms.
    Bathrooms,
    /// Floors.
    Floors,
    /// Homes, sales, listings.
    Homes,
    /// A calendar year.
    Year,
    /// A part of a whole, 0 to 1.
    Share,
    /// Nothing is said of what it counts.
    Bare,
    /// A noun that no fact counts.
    Other,
    /// Minutes, hours, stars: what no fact is measured in.
    Foreign,
}

/// How exact a figure is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// Nothing is said.
    None,
    /// *About*, *roughly*.
    About,
    /// *More than*.
    Over,
    /// *Less than*, *nearly*.
    Under,
}

/// Which way something moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Up, more.
    Up,
    /// Down, less.
    Down,
}
