//! The mortgage rate from FRED, the data service of the Federal Reserve Bank of St. Louis.
//!
//! The rate is the series [`MORTGAGE30US`](https://fred.stlouisfed.org/series/MORTGAGE30US): the 30-year fixed rate of
//! Freddie Mac's Primary Mortgage Market Survey, in percent, once a week, dated by the Thursday of the survey (a Wednesday
//! before some holidays).
//!
//! # Whose figures these are
//!
//! The series is copyright Freddie Mac. FRED's terms of use let people use a copyrighted series for themselves; for other
//! use they require the permission of its owner. **Whoever sends these figures to homeowners needs to have it.** The
//! source of each rate names Freddie Mac, so that a report does.
//!
//! # What is asked
//!
//! One call of [`fred/series/observations`](https://fred.stlouisfed.org/docs/api/fred/series_observations.html) brings
//! the weeks that matter, from more than a year back until the day asked about:
//!
//! - The rate is the latest observation on or before the day, at most [`OLDEST_DAYS`] old.
//! - The changes are against the latest observation on or before the day four weeks (a year: 364 days) earlier, at most
//!   ten days older, in percentage points with two decimals, as the survey has them.
//! - A value is a text. `"."` stands for one that is missing, and is passed over, like whatever is no rate.
//!
//! The key travels in the address of the request, so no error and no log line holds that address. FRED answers HTTP 400
//! to a key that it does not know, and says so in a sentence that names `api_key`; such an answer is
//! [`Fault::Misconfigured`], any other 400 is [`Fault::Invalid`]. HTTP 423 (locked) counts as [`Fault::Unavailable`].
//!
//! Unverified: the exact wording of that sentence, and at what hour of Thursday an observation appears. FRED allows 120
//! requests a minute; a day's rate is asked for once an area and day by the engine.
//!
//! ```no_run
//! use dripr_adapters::{fred::Fred, http::HttpOptions};
//! use dripr_core::ports::{Allowance, MortgageRateSource};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let fred = Fred::new(std::env::var("FRED_API_KEY")?.into(), &HttpOptions::default())?;
//! let rate = fred.rate("2026-03-12".parse()?, &Allowance::unlimited()).await?;
//! println!("{}% on {}", rate.percent, rate.as_of);
//! # Ok(())
//! # }
//! ```

use std::cmp::Reverse;

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_core::{
    content::{MortgageRate, plausible},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, MortgageRateSource, Probe},
};
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{
    days_before::days_before,
    http::{Answer, HttpApi, HttpOptions, Refusal, UnusableApi, json},
};

const USUAL_BASE: &str = "https://api.stlouisfed.org/fred";
const SERIES: &str = "MORTGAGE30US";
/// How reports name where the rate comes from.
const SOURCE: &str = "Freddie Mac, Primary Mortgage Market Survey, via FRED";

/// A rate older than this is not given, in days.
pub const OLDEST_DAYS: u64 = 60;
/// What a change is against, in days before the latest observation.
const MONTH: u64 = 28;
const YEAR: u64 = 364;
/// How much older than that an observation may be to be compared with, in days.
const SLACK: u64 = 10;

/// FRED, asked for the 30-year fixed mortgage rate.
#[derive(Debug, Clone)]
pub struct Fred {
    api: HttpApi,
    key: SecretString,
}

impl Fred {
    /// With an API key. Nothing is asked yet.
    ///
    /// # Errors
    /// [`UnusableApi`] if the options name no address.
    pub fn new(key: SecretString, options: &HttpOptions) -> Result<Self, UnusableApi> {
        Ok(Self { api: HttpApi::new("FRED", USUAL_BASE, options)?, key })
    }

    /// The latest observations of the series, narrowed by further parameters.
    async fn observations(
        &self,
        narrowed: &[(&str, &str)],
        allowance: &Allowance,
    ) -> PortResult<Vec<Observation>> {
        let mut query = vec![("series_id", SERIES), ("file_type", "json"), ("sort_order", "desc")];
        query.extend_from_slice(narrowed);
        query.push(("api_key", self.key.expose_secret()));
        let answer = self.api.get("series/observations", &query, allowance).await?;
        if !answer.status.is_success() {
            return Err(self.refusal(&answer));
        }
        let said: Said = answer.json(&self.api)?;
        Ok(said.observations)
    }

    fn refusal(&self, answer: &Answer) -> PortError {
        let refusal = Refusal::of(answer);
        let names_the_key = || {
            let said: Option<Complaint> = answer.parsed(&self.api).ok();
            said.and_then(|said| said.error_message).is_some_and(|message| message.contains("api_key"))
        };
        match answer.status {
            StatusCode::BAD_REQUEST if names_the_key() => {
                refusal.as_error(Fault::Misconfigured, "FRED refuses the key (HTTP 400)".to_owned())
            }
            StatusCode::LOCKED => {
                refusal.as_error(Fault::Unavailable, "FRED keeps the series locked (HTTP 423)".to_owned())
            }
            _ => refusal.sorted(&self.api),
        }
    }
}

#[async_trait]
impl MortgageRateSource for Fred {
    async fn rate(&self, as_of: NaiveDate, allowance: &Allowance) -> PortResult<MortgageRate> {
        let since = days_before(as_of, OLDEST_DAYS + YEAR + SLACK);
        let (start, end) = (since.to_string(), as_of.to_string());
        let narrowed = [("observation_start", start.as_str()), ("observation_end", end.as_str())];
        let observations = self.observations(&narrowed, allowance).await?;
        let mut weeks: Vec<(NaiveDate, f64)> =
            observations.iter().filter_map(|week| week.rate(since, as_of)).collect();
        weeks.sort_by_key(|(week, _)| Reverse(*week));
        in_force(&weeks, as_of).ok_or_else(|| {
            let message = format!("FRED has no mortgage rate of the {OLDEST_DAYS} days before {as_of}");
            PortError::new(Fault::NotFound, message)
        })
    }
}

#[async_trait]
impl Probe for Fred {
    /// Asks for the latest observation alone.
    async fn probe(&self) -> PortResult<()> {
        let latest = self.observations(&[("limit", "1")], &Allowance::unlimited()).await?;
        if latest.iter().any(|week| week.date.is_some()) {
            return Ok(());
        }
        Err(PortError::new(Fault::NotFound, "FRED has no observation of the mortgage rate"))
    }
}

/// The rate on a day, from observations of which the latest stands first.
fn in_force(weeks: &[(NaiveDate, f64)], on: NaiveDate) -> Option<MortgageRate> {
    let latest = |day: NaiveDate, most_days: u64| {
        let oldest = days_before(day, most_days);
        weeks.iter().find(|(week, _)| *week <= day).filter(|(week, _)| *week >= oldest)
    };
    let (as_of, percent) = *latest(on, OLDEST_DAYS)?;
    let change = |days: u64| {
        let (_, then) = latest(days_before(as_of, days), SLACK)?;
        Some(((percent - then) * 100.0).round() / 100.0)
    };
    let (change_month, change_year) = (change(MONTH), change(YEAR));
    Some(MortgageRate { percent, as_of, change_month, change_year, source: SOURCE.to_owned() })
}

#[derive(Deserialize)]
struct Said {
    observations: Vec<Observation>,
}

#[derive(Deserialize)]
struct Observation {
    #[serde(default, deserialize_with = "json::text")]
    date: Option<String>,
    #[serde(default, deserialize_with = "json::number")]
    value: Option<f64>,
}

impl Observation {
    fn rate(&self, since: NaiveDate, until: NaiveDate) -> Option<(NaiveDate, f64)> {
        let day = self.date.as_deref()?.parse().ok().filter(|day| (since..=until).contains(day))?;
        Some((day, self.value.filter(|percent| plausible::RATES.contains(percent))?))
    }
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default, deserialize_with = "json::text")]
    error_message: Option<String>,
}
