//! Reading contacts from a CSV file, as agents export them from their address books.
//!
//! Columns are found by their names, in any order and case (`columns`); unknown ones are left alone. Every row
//! gives either a [`NewContactRow`] or a [`RowProblem`] that names row, field and value, and reading goes on with the
//! next row. Text may be UTF-8, UTF-16 or Windows-1252 (`encoding`). Memory stays bounded whatever the file holds (`lines`).

mod address;
mod columns;
mod consent;
mod encoding;
mod facts;
pub(crate) mod lines;
mod problem;
mod row;

use std::{fmt, io::BufRead};

use chrono_tz::Tz;
use dripr_core::{
    contact::{ExternalId, Home},
    content::ZipCode,
    email::{EmailAddress, SuppressionCause},
    schedule::{Instant, SendDay},
};

use columns::Columns;
use encoding::Decoded;
use lines::{Next, Rows};
use row::Row;

pub use problem::{FileProblem, RowProblem};

/// One contact, as a row of the file has it.
#[derive(Clone, PartialEq)]
pub struct NewContactRow {
    /// The line on which the row begins; the header is line 1.
    pub row: u64,
    /// First name; empty if unknown.
    pub first_name: String,
    /// Last name; empty if unknown.
    pub last_name: String,
    /// Where the reports go.
    pub email: EmailAddress,
    /// What the agent's CRM calls the person, if the row tells.
    pub external_id: Option<ExternalId>,
    /// The ZIP code.
    pub zip_code: ZipCode,
    /// The home; `None` for a subscriber of the ZIP code alone.
    pub home: Option<Home>,
    /// The day of the month, if the row names one.
    pub fixed_send_day: SendDay,
    /// Whether the agent approves each email, if the row tells.
    pub check_before_sending: Option<bool>,
    /// Whether the agent wants its campaign to run.
    pub enabled: bool,
    /// When the campaign was made and first enabled, if the row tells.
    pub created_at: Option<Instant>,
    /// Why the person gets no mail, if any column says so.
    pub no_mail: Option<SuppressionCause>,
}

/// Personal data stays out of logs.
impl fmt::Debug for NewContactRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewContactRow").field("row", &self.row).finish_non_exhaustive()
    }
}

/// What rows are judged by.
pub struct Expected<'a> {
    /// The zone of dates without a time.
    pub zone: Tz,
    /// No row may have been made later than this.
    pub now: Instant,
    /// The send day of rows that name none; without it they are refused.
    pub send_day: SendDayRule,
    /// Whether there is such a ZIP code.
    pub knows_zip: &'a (dyn Fn(ZipCode) -> bool + Send + Sync),
}

/// What becomes of rows that name no send day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendDayRule {
    /// They are refused.
    Required,
    /// They get this one.
    Default(SendDay),
    /// They are spread evenly over some days of the month, by their place in the file.
    Spread {
        /// The first of these days.
        first: SendDay,
        /// How many there are, 1 to 28.
        days: u8,
    },
}

impl SendDayRule {
    /// Spread evenly over the whole month.
    pub const MONTH: Self = Self::Spread { first: SendDay::FIRST, days: 28 };
}

/// A contacts file that is being read.
pub struct ContactsFile<'a, R> {
    rows: Rows<Decoded<R>>,
    columns: Columns,
    expected: Expected<'a>,
    /// How many rows were read, the header not counted.
    read: u64,
}

impl<'a, R: BufRead> ContactsFile<'a, R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`FileProblem`] if the file cannot be read, is empty, is no text, or has no column of email addresses.
    pub fn new(input: R, expected: Expected<'a>) -> Result<Self, FileProblem> {
        let mut rows = Rows::new(Decoded::new(input)?);
        let columns = match rows.next()? {
            Next::End => return Err(FileProblem::Empty),
            Next::Bad(problem) => return Err(FileProblem::Header(problem)),
            Next::Fields { fields, .. } => Columns::find(&fields)?,
        };
        Ok(Self { rows, columns, expected, read: 0 })
    }

    /// The next rows, at most so many; none at the end of the file.
    ///
    /// # Errors
    /// [`FileProblem::Unreadable`] if the file broke off.
    pub fn next_rows(&mut self, most: usize) -> Result<Vec<Result<NewContactRow, RowProblem>>, FileProblem> {
        let mut rows = Vec::with_capacity(most);
        while rows.len() < most {
            let Some(row) = self.next_row()? else { break };
            rows.push(row);
        }
        Ok(rows)
    }

    /// The next contact, or what is wrong with its row; `None` at the end of the file.
    ///
    /// # Errors
    /// [`FileProblem::Unreadable`] if the file broke off.
    pub fn next_row(&mut self) -> Result<Option<Result<NewContactRow, RowProblem>>, FileProblem> {
        let row = match self.rows.next()? {
            Next::End => return Ok(None),
            Next::Bad(problem) => Err(problem),
            Next::Fields { number, fields } => {
                Row { number, place: self.read, fields: &fields, columns: &self.columns }.read(&self.expected)
            }
        };
        self.read += 1;
        Ok(Some(row))
    }
}

#[cfg(test)]
mod tests;
