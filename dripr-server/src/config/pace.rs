//! How often a provider may be asked: `"10/min"`, `"1/s"`.

use std::{str::FromStr, time::Duration};

use dripr_adapters::token_bucket::Rate;
use serde::Deserialize;

/// So many calls in a second, a minute, an hour or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pace(Rate);

impl Pace {
    /// So many calls in a period.
    #[must_use]
    pub const fn new(calls: u32, period: Duration) -> Self {
        Self(Rate { calls, period })
    }

    /// As limiters want it.
    #[must_use]
    pub const fn rate(self) -> Rate {
        self.0
    }
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            let shown: String = text.chars().take(40).collect();
            format!("must be written like 10/min, with s, min, h or day, not {shown:?}")
        };
        let (calls, period) = text.split_once('/').ok_or_else(wrong)?;
        let calls = calls.trim().parse().ok().filter(|calls| (1..=1_000_000).contains(calls));
        let period = match period.trim() {
            "s" => 1,
            "min" => 60,
            "h" => 3_600,
            "day" => 86_400,
            _ => return Err(wrong()),
        };
        Ok(Self::new(calls.ok_or_else(wrong)?, Duration::from_secs(period)))
    }
}

impl TryFrom<String> for Pace {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_written_as_people_say_it() {
        let rate =
            |text: &str| text.parse::<Pace>().map(|pace| (pace.rate().calls, pace.rate().period.as_secs()));
        assert_eq!(rate("10/min"), Ok((10, 60)));
        assert_eq!(rate(" 1 / s "), Ok((1, 1)));
        assert_eq!((rate("500/day"), rate("7/h")), (Ok((500, 86_400)), Ok((7, 3_600))));
        for wrong in ["", "10", "0/s", "-1/s", "10/month", "1.5/s", "10/min/s", "/"] {
            assert!(rate(wrong).unwrap_err().contains("must be written like 10/min"), "{wrong}");
        }
    }
}
