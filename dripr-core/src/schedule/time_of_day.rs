//! A wall-clock time, to the minute.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a clock on the wall shows: 00:00 to 23:59, and 24:00 for the end of the day.
///
/// Written `HH:MM` everywhere. It belongs to no zone and no date, so by itself it is no instant.
///
/// ```
/// use dripr_core::schedule::TimeOfDay;
/// let eleven: TimeOfDay = "11:00".parse()?;
/// assert_eq!(eleven.minutes(), 660);
/// assert!(eleven < TimeOfDay::END_OF_DAY);
/// assert_eq!(TimeOfDay::END_OF_DAY.to_string(), "24:00");
/// assert!("24:01".parse::<TimeOfDay>().is_err());
/// # Ok::<(), dripr_core::schedule::InvalidTimeOfDay>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

/// A value that is no time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time of day is written HH:MM, from 00:00 to 24:00, not {value:?}")]
pub struct InvalidTimeOfDay {
    /// What was given, cut to 40 characters.
    pub value: String,
}

impl TimeOfDay {
    /// 00:00, where a day begins.
    pub const MIDNIGHT: Self = Self(0);
    /// 24:00, where a day ends: the midnight of the next day.
    pub const END_OF_DAY: Self = Self(24 * 60);

    /// The time at an hour on the dot; hours past 24 are taken for 24.
    pub(crate) const fn from_hour(hour: u8) -> Self {
        Self(if hour < 24 { hour as u16 * 60 } else { 24 * 60 })
    }

    /// The time a number of minutes after midnight, at most 1440.
    ///
    /// # Errors
    /// [`InvalidTimeOfDay`] for more than 1440 minutes.
    pub fn from_minutes(minutes: u16) -> Result<Self, InvalidTimeOfDay> {
        let time = Self(minutes);
        if time > Self::END_OF_DAY {
            return Err(InvalidTimeOfDay { value: format!("{minutes} minutes") });
        }
        Ok(time)
    }

    /// The time at an hour, on the dot or some minutes past it.
    ///
    /// ```
    /// use dripr_core::schedule::TimeOfDay;
    /// assert_eq!(TimeOfDay::from_hm(9, 30)?.to_string(), "09:30");
    /// # Ok::<(), dripr_core::schedule::InvalidTimeOfDay>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidTimeOfDay`] past 24:00 or from 60 minutes on.
    pub fn from_hm(hour: u8, minute: u8) -> Result<Self, InvalidTimeOfDay> {
        let time = Self(u16::from(hour) * 60 + u16::from(minute));
        if minute >= 60 || time > Self::END_OF_DAY {
            return Err(InvalidTimeOfDay { value: format!("{hour:02}:{minute:02}") });
        }
        Ok(time)
    }

    /// Minutes after midnight, 0 to 1440.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }

    /// 11:00 and 18:00, the default window.
    pub(super) const ELEVEN: Self = Self(11 * 60);
    pub(super) const EIGHTEEN: Self = Self(18 * 60);
}

impl FromStr for TimeOfDay {
    type Err = InvalidTimeOfDay;
    fn from_str(text: &str) -> Result<Self, InvalidTimeOfDay> {
        let invalid = || InvalidTimeOfDay { value: text.chars().take(40).collect() };
        match *text.as_bytes() {
            [h1 @ b'0'..=b'9', h2 @ b'0'..=b'9', b':', m1 @ b'0'..=b'9', m2 @ b'0'..=b'9'] => {
                let two = |tens: u8, ones: u8| (tens - b'0') * 10 + (ones - b'0');
                Self::from_hm(two(h1, h2), two(m1, m2)).map_err(|_| invalid())
            }
            _ => Err(invalid()),
        }
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = InvalidTimeOfDay;
    fn try_from(text: String) -> Result<Self, InvalidTimeOfDay> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_minute_of_the_day_is_read_back_as_written() {
        for minutes in 0..=1440 {
            let time = TimeOfDay::from_minutes(minutes).unwrap();
            assert_eq!(time.to_string().parse(), Ok(time));
            let json = serde_json::to_string(&time).unwrap();
            assert_eq!(json, format!("\"{time}\""));
            assert_eq!(serde_json::from_str::<TimeOfDay>(&json).unwrap(), time);
        }
        assert!(TimeOfDay::from_minutes(1441).is_err());
    }

    #[test]
    fn other_spellings_are_refused_by_name() {
        for text in
            ["", "11", "9:00", "11:0", "11:60", "24:01", "25:00", "11:00:00", "11.00", " 11:00", "11am"]
        {
            let error = text.parse::<TimeOfDay>().unwrap_err();
            assert_eq!(error.value, text);
        }
        assert!(TimeOfDay::from_hm(11, 60).is_err());
        assert!(TimeOfDay::from_hm(255, 255).is_err());
    }
}
