//! The day of the month on which a campaign sends.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A campaign's `fixed_send_day`: a day of the month that every month has, 1 to 28.
///
/// Stored and sent as a plain number; anything else is refused where it enters.
///
/// ```
/// use dripr_core::schedule::SendDay;
/// assert_eq!(SendDay::new(15)?.get(), 15);
/// assert_eq!("15".parse::<SendDay>()?, SendDay::new(15)?);
/// assert_eq!(SendDay::new(29).unwrap_err().to_string(), "fixed_send_day must be a day from 1 to 28, not \"29\"");
/// # Ok::<(), dripr_core::schedule::InvalidSendDay>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u8")]
pub struct SendDay(u8);

/// A value that cannot be a send day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fixed_send_day must be a day from 1 to 28, not {value:?}")]
pub struct InvalidSendDay {
    /// What was given, cut to 40 characters.
    pub value: String,
}

impl SendDay {
    /// The first day of the month.
    pub const FIRST: Self = Self(1);
    /// The last day that every month has, the 28th.
    pub const LAST: Self = Self(28);

    /// Takes a day of the month as send day.
    ///
    /// # Errors
    /// [`InvalidSendDay`] for 0 and for anything above 28.
    pub fn new(day: u8) -> Result<Self, InvalidSendDay> {
        i64::from(day).try_into()
    }

    /// The day of the month, 1 to 28.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// The send day so many send days later; the 1st follows the 28th.
    ///
    /// ```
    /// use dripr_core::schedule::SendDay;
    /// assert_eq!(SendDay::new(27)?.later(3), SendDay::new(2)?);
    /// # Ok::<(), dripr_core::schedule::InvalidSendDay>(())
    /// ```
    #[must_use]
    pub fn later(self, days: u64) -> Self {
        let place = (u64::from(self.0 - Self::FIRST.0) + days % 28) % 28;
        Self::all().nth(usize::try_from(place).unwrap_or(0)).unwrap_or(Self::FIRST)
    }

    /// All send days, from the 1st to the 28th.
    ///
    /// ```
    /// use dripr_core::schedule::SendDay;
    /// assert_eq!(SendDay::all().count(), 28);
    /// ```
    pub fn all() -> impl DoubleEndedIterator<Item = Self> + Clone {
        (Self::FIRST.0..=Self::LAST.0).map(Self)
    }
}

impl TryFrom<i64> for SendDay {
    type Error = InvalidSendDay;
    fn try_from(value: i64) -> Result<Self, InvalidSendDay> {
        match u8::try_from(value) {
            Ok(day @ 1..=28) => Ok(Self(day)),
            _ => Err(InvalidSendDay { value: value.to_string() }),
        }
    }
}

impl TryFrom<u8> for SendDay {
    type Error = InvalidSendDay;
    fn try_from(value: u8) -> Result<Self, InvalidSendDay> {
        Self::new(value)
    }
}

impl From<SendDay> for u8 {
    fn from(day: SendDay) -> Self {
        day.0
    }
}

impl FromStr for SendDay {
    type Err = InvalidSendDay;
    fn from_str(text: &str) -> Result<Self, InvalidSendDay> {
        let invalid = || InvalidSendDay { value: text.chars().take(40).collect() };
        // One or two digits: "+7" would parse as a number, but nobody means to write a day so.
        if !matches!(text.len(), 1 | 2) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(invalid());
        }
        text.parse().ok().and_then(|day| Self::new(day).ok()).ok_or_else(invalid)
    }
}

impl fmt::Display for SendDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_every_month_has_are_taken() {
        for day in 0..=u8::MAX {
            assert_eq!(SendDay::new(day).is_ok(), (1..=28).contains(&day), "{day}");
        }
    }

    #[test]
    fn texts_other_than_one_or_two_digits_are_refused() {
        for text in ["", "0", "29", "+7", "-1", " 7", "7 ", "007", "7.0", "٧", "seven"] {
            assert!(text.parse::<SendDay>().is_err(), "{text:?}");
        }
        assert_eq!("07".parse::<SendDay>().unwrap().get(), 7);
    }

    #[test]
    fn json_is_a_plain_number_and_a_wrong_one_is_named() {
        assert_eq!(serde_json::to_string(&SendDay::LAST).unwrap(), "28");
        assert_eq!(serde_json::from_str::<SendDay>("1").unwrap(), SendDay::FIRST);
        let error = serde_json::from_str::<SendDay>("300").unwrap_err().to_string();
        assert!(error.contains("fixed_send_day") && error.contains("300"), "{error}");
        assert!(serde_json::from_str::<SendDay>("\"5\"").is_err());
    }
}
