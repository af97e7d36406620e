//! The mortgage rate from a CSV file of a date and a rate in percent.

use std::path::Path;

use chrono::{Days, NaiveDate};
use dripr_core::content::MortgageRate;

use super::{
    csv_file::{FileError, Taken, read_rows},
    fields,
    headers::Column,
    row_report::RowReport,
};

/// A rate older than this is no longer in force, in days.
pub const STALE_AFTER_DAYS: u64 = 21;
/// How far from the day four weeks or a year before a survey may lie to be compared with, in days.
const SLACK_DAYS: u64 = 10;

/// The rates of a file, by day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rates {
    weeks: Vec<(NaiveDate, f64)>,
}

/// Reads a `.csv` or `.csv.gz` file with a column of dates and a column of rates in percent a year. A later row for
/// the same day replaces an earlier one.
///
/// # Errors
/// [`FileError`] if the file is missing, unreadable, or lacks one of the two columns.
pub fn read_rates(path: &Path) -> Result<(Rates, RowReport), FileError> {
    let mut weeks = std::collections::BTreeMap::new();
    let required: &[(&[Column], &str)] = &[(&[Column::Date], "the date"), (&[Column::Rate], "the rate")];
    let report = read_rows(path, required, |row| {
        let day = fields::day(row, Column::Date)?;
        let text = row.text(Column::Rate).unwrap_or_default();
        // Some series mark a week without a survey by a full stop.
        if text.is_empty() || text == "." {
            return Ok(Taken::LeftOut);
        }
        let percent = fields::number(text).filter(|percent| *percent > 0.0 && *percent < 30.0);
        weeks.insert(
            day,
            percent.ok_or_else(|| row.error("rate", text, "percent a year, above 0 and below 30"))?,
        );
        Ok(Taken::Yes)
    })?;
    Ok((Rates { weeks: weeks.into_iter().collect() }, report))
}

impl Rates {
    /// The rate in force on a day: the latest published on or before it, at most [`STALE_AFTER_DAYS`] old, with its
    /// changes in percentage points against four weeks and a year before. Nothing if there is none.
    #[must_use]
    pub fn in_force(&self, on: NaiveDate, source: &str) -> Option<MortgageRate> {
        let (as_of, percent) = self.latest(on, STALE_AFTER_DAYS)?;
        let change = |days: u64| {
            let (_, then) = self.latest(as_of.checked_sub_days(Days::new(days))?, SLACK_DAYS)?;
            Some(((percent - then) * 100.0).round() / 100.0)
        };
        Some(MortgageRate {
            percent,
            as_of,
            change_month: change(28),
            change_year: change(364),
            source: source.to_owned(),
        })
    }

    fn latest(&self, on: NaiveDate, at_most_days: u64) -> Option<(NaiveDate, f64)> {
        let end = self.weeks.partition_point(|(day, _)| *day <= on);
        let found = *self.weeks.get(end.checked_sub(1)?)?;
        let age = on.signed_duration_since(found.0).num_days();
        u64::try_from(age).is_ok_and(|age| age <= at_most_days).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(text: &str) -> (Rates, RowReport) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rates.csv");
        std::fs::write(&path, text).unwrap();
        read_rates(&path).unwrap()
    }

    #[test]
    fn the_rate_in_force_is_the_latest_on_or_before_the_day() {
        let (rates, report) = rates(
            "observation_date,MORTGAGE30US\n2014-04-03,4.41\n2015-03-05,3.75\n2015-03-12,3.86\n2015-03-19,.\n\
             2015-04-02,3.70\n2015-04-09,99\n2015-04-10,NaN\n",
        );
        assert_eq!((report.taken, report.left_out, report.rejected), (4, 1, 2));
        let on = |day: &str| rates.in_force(day.parse().unwrap(), "survey");
        let april = on("2015-04-05").unwrap();
        assert_eq!((april.percent, april.as_of.to_string().as_str()), (3.70, "2015-04-02"));
        assert_eq!((april.change_month, april.change_year), (Some(-0.05), Some(-0.71)));
        assert_eq!(on("2015-04-01").unwrap().percent, 3.86);
        assert_eq!(on("2015-04-02").unwrap().percent, 3.70);
        assert_eq!(on("2015-03-12").unwrap().change_month, None);
        assert!(on("2014-04-02").is_none(), "nothing was published yet");
        assert!(on("2015-06-01").is_none(), "a rate of two months ago is not in force");
    }
}
