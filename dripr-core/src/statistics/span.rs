//! Civil days that are counted, and how they are cut into single days, weeks and months.

use chrono::{Datelike, Days, Months, NaiveDate};
use chrono_tz::Tz;

use super::Period;
use crate::schedule::{Instant, start_of_day};

/// Into how many pieces days are cut at most: a year and a month of days, or more than seven years of weeks.
pub const MOST_PIECES: usize = 400;

/// By what days are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// Each day by itself.
    Day,
    /// Weeks, from Monday on (ISO 8601).
    Week,
    /// Months of the calendar.
    Month,
}

/// Civil days of a zone: a first one, a last one, and all between them.
///
/// ```
/// use dripr_core::statistics::{Interval, Span};
/// let span = Span::new("2026-02-16".parse()?, "2026-03-08".parse()?, chrono_tz::America::New_York)?;
/// let days: Vec<_> = span.cut(Interval::Month)?.as_slice().iter().map(|piece| (piece.first, piece.last)).collect();
/// let day = |text: &str| text.parse::<chrono::NaiveDate>();
/// assert_eq!(days, [(day("2026-02-16")?, day("2026-02-28")?), (day("2026-03-01")?, day("2026-03-08")?)]);
/// // The last of these days has 23 hours.
/// assert_eq!(span.period().until.to_rfc3339(), "2026-03-09T04:00:00+00:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    first: NaiveDate,
    last: NaiveDate,
    zone: Tz,
    period: Period,
}

/// A day, a week or a month of a [`Span`], or what of it lies within the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day.
    pub last: NaiveDate,
    /// The instants of these days. There are none in a day that the zone left out.
    pub period: Period,
}

/// All of a [`Span`], cut: at least one piece, and each begins where the one before it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces {
    period: Period,
    pieces: Vec<Piece>,
}

/// These are no days that can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpan {
    /// The first day is after the last one.
    #[error("the first day is after the last one")]
    Backwards,
    /// The first day is none of the supported years.
    #[error("the first day is outside of the years that are supported")]
    First,
    /// The last day is none of the supported years.
    #[error("the last day is outside of the years that are supported")]
    Last,
}

/// These would be more than [`MOST_PIECES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these are more than {} pieces", MOST_PIECES)]
pub struct TooManyPieces;

impl Interval {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The first day after the day, week or month in which a day lies.
    fn first_after(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => day.succ_opt(),
            Self::Week => {
                day.checked_add_days(Days::new(7 - u64::from(day.weekday().num_days_from_monday())))
            }
            Self::Month => day.with_day(1)?.checked_add_months(Months::new(1)),
        }
    }
}

impl Span {
    /// The days from `first` to `last`, both included, as `zone` has them.
    ///
    /// # Errors
    /// [`InvalidSpan`] if there are none, or not all of them lie in the [supported](crate::schedule::EARLIEST) years.
    pub fn new(first: NaiveDate, last: NaiveDate, zone: Tz) -> Result<Self, InvalidSpan> {
        if first > last {
            return Err(InvalidSpan::Backwards);
        }
        let until = last.succ_opt().and_then(|day| start_of_day(day, zone)).ok_or(InvalidSpan::Last)?;
        let from = start_of_day(first, zone).ok_or(InvalidSpan::First)?;
        Ok(Self { first, last, zone, period: Period { from, until } })
    }

    /// Its first day.
    #[must_use]
    pub fn first(&self) -> NaiveDate {
        self.first
    }

    /// Its last day.
    #[must_use]
    pub fn last(&self) -> NaiveDate {
        self.last
    }

    /// Whose days they are.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The instants of all its days.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// Cuts it where a day, a week or a month begins. The first and the last piece may be parts of a week or a month.
    ///
    /// # Errors
    /// [`TooManyPieces`] for more than [`MOST_PIECES`].
    pub fn cut(&self, by: Interval) -> Result<Pieces, TooManyPieces> {
        let mut pieces = Vec::new();
        let (mut first, mut from) = (self.first, self.period.from);
        loop {
            if pieces.len() == MOST_PIECES {
                return Err(TooManyPieces);
            }
            let next = by.first_after(first).filter(|day| *day <= self.last);
            let Some((next, until)) = next.and_then(|day| Some((day, start_of_day(day, self.zone)?))) else {
                pieces.push(Piece { first, last: self.last, period: Period { from, ..self.period } });
                return Ok(Pieces { period: self.period, pieces });
            };
            let last = next.pred_opt().unwrap_or(first);
            pieces.push(Piece { first, last, period: Period { from, until } });
            (first, from) = (next, until);
        }
    }
}

impl Pieces {
    /// The instants of all of them.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// The pieces, in their order.
    #[must_use]
    pub fn as_slice(&self) -> &[Piece] {
        &self.pieces
    }

    /// Which of the pieces, counted from 0, an instant lies in.
    ///
    /// ```
    /// use dripr_core::statistics::{Interval, Span};
    /// let span = Span::new("2026-03-01".parse()?, "2026-03-31".parse()?, chrono_tz::Tz::UTC)?;
    /// let pieces = span.cut(Interval::Week)?;
    /// // The 1st of March 2026 is a Sunday.
    /// assert_eq!(pieces.place("2026-03-01T23:59:59Z".parse()?), Some(0));
    /// assert_eq!(pieces.place("2026-03-02T00:00:00Z".parse()?), Some(1));
    /// assert_eq!(pieces.place("2026-04-01T00:00:00Z".parse()?), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn place(&self, at: Instant) -> Option<usize> {
        if at < self.period.from || at >= self.period.until {
            return None;
        }
        self.pieces.partition_point(|piece| piece.period.from <= at).checked_sub(1)
    }
}
