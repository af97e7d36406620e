//! One row of a contacts file.

use chrono::{DateTime, NaiveDate};
use csv::StringRecord;
use dripr_core::{
    contact::{ExternalId, Home, InvalidExternalId},
    content::ZipCode,
    email::{EmailAddress, SuppressionCause},
    schedule::{Instant, start_of_day},
};

use super::{
    Expected, NewContactRow, SendDayRule,
    address::Address,
    columns::{Column, Columns, Part},
    consent, facts,
    problem::RowProblem,
};
use crate::formula::as_typed;

/// The longest text that is taken, in characters.
const LONGEST_TEXT: usize = 200;

/// A row, with the columns by which it is read.
pub(super) struct Row<'a> {
    /// The line on which it begins.
    pub(super) number: u64,
    /// How many rows stand before it, the header not counted.
    pub(super) place: u64,
    pub(super) fields: &'a StringRecord,
    pub(super) columns: &'a Columns,
}

impl Row<'_> {
    /// What the row says, checked. Whoever sent the file knows a row by its external id, whatever is wrong with it.
    pub(super) fn read(&self, expected: &Expected<'_>) -> Result<NewContactRow, RowProblem> {
        self.checked(expected).map_err(|problem| {
            let external_id = self.external_id().ok().flatten();
            RowProblem { external_id, ..problem }
        })
    }

    /// Whoever wants no mail gets none, whatever else is wrong with their row.
    fn checked(&self, expected: &Expected<'_>) -> Result<NewContactRow, RowProblem> {
        let email = self.email()?;
        let wish = consent::wish(self);
        let contact = self.contact(email.clone(), wish.no_mail, expected);
        let contact = contact.and_then(|row| wish.unclear.map_or(Ok(row), Err));
        let wants_no_mail = wish.no_mail.map(|cause| (email, cause));
        contact.map_err(|problem| RowProblem { wants_no_mail, ..problem })
    }

    fn contact(
        &self,
        email: EmailAddress,
        no_mail: Option<SuppressionCause>,
        expected: &Expected<'_>,
    ) -> Result<NewContactRow, RowProblem> {
        let (first_name, last_name) = self.name()?;
        let address = Address::of(self);
        let zip_code = self.zip_code(&address, expected)?;
        let home = self.home(&address, zip_code)?;
        Ok(NewContactRow {
            row: self.number,
            first_name,
            last_name,
            email,
            external_id: self.external_id()?,
            zip_code,
            home,
            fixed_send_day: self.fixed_send_day(expected)?,
            check_before_sending: self.yes_or_no(Column::CheckBeforeSending, "check_before_sending")?,
            enabled: self.yes_or_no(Column::Enabled, "enabled")?.unwrap_or(true),
            created_at: self.created_at(expected)?,
            no_mail,
        })
    }

    pub(super) fn problem(&self, field: &'static str, value: &str, reason: impl ToString) -> RowProblem {
        RowProblem::new(self.number, field, value, reason)
    }

    /// What a column says in its first place that says anything.
    pub(super) fn one(&self, column: Column) -> Option<&str> {
        self.all(column).next()
    }

    /// What a column says in all its places.
    pub(super) fn all(&self, column: Column) -> impl Iterator<Item = &str> {
        self.cells(self.columns.places(column))
    }

    /// What stands in the first of these places that says anything.
    pub(super) fn first(&self, places: &[usize]) -> Option<&str> {
        self.cells(places).next()
    }

    fn cells(&self, places: &[usize]) -> impl Iterator<Item = &str> {
        places
            .iter()
            .filter_map(|place| self.fields.get(*place))
            .map(|value| as_typed(value.trim()))
            .filter(|value| !value.is_empty())
    }

    pub(super) fn yes_or_no(&self, column: Column, field: &'static str) -> Result<Option<bool>, RowProblem> {
        let Some(text) = self.one(column) else { return Ok(None) };
        yes_or_no(text).map(Some).ok_or_else(|| self.problem(field, text, "must be yes or no"))
    }

    fn email(&self) -> Result<EmailAddress, RowProblem> {
        let text = self.one(Column::Email).unwrap_or_default();
        // Google writes several addresses into one field.
        let first = text.split(":::").next().unwrap_or_default();
        first.parse::<EmailAddress>().map_err(|error| self.problem("email", text, error.reason))
    }

    fn external_id(&self) -> Result<Option<ExternalId>, RowProblem> {
        let Some(text) = self.one(Column::ExternalId) else { return Ok(None) };
        text.parse().map(Some).map_err(|error: InvalidExternalId| self.problem("external_id", text, error))
    }

    fn name(&self) -> Result<(String, String), RowProblem> {
        let text = |column, field| self.text(self.one(column).unwrap_or_default(), field);
        let first = text(Column::FirstName, "first_name")?;
        let last = text(Column::LastName, "last_name")?;
        if !first.is_empty() || !last.is_empty() {
            return Ok((first, last));
        }
        let whole = text(Column::Name, "name")?;
        Ok(match whole.split_once(',') {
            Some((last, first)) => (first.trim().to_owned(), last.trim().to_owned()),
            None => match whole.rsplit_once(' ') {
                Some((first, last)) => (first.to_owned(), last.to_owned()),
                None => (whole, String::new()),
            },
        })
    }

    fn zip_code(&self, address: &Address<'_>, expected: &Expected<'_>) -> Result<ZipCode, RowProblem> {
        let text = address.part(Part::ZipCode);
        if text.is_empty() {
            return Err(self.problem("zip_code", "", "is empty"));
        }
        let zip = text.parse::<ZipCode>().map_err(|_| {
            self.problem("zip_code", text, "must be five digits, or ZIP+4 such as 98103-1234")
        })?;
        if (expected.knows_zip)(zip) {
            Ok(zip)
        } else {
            Err(self.problem("zip_code", text, "no area has this ZIP code"))
        }
    }

    fn home(&self, address: &Address<'_>, zip_code: ZipCode) -> Result<Option<Home>, RowProblem> {
        let no_address = self.yes_or_no(Column::NoAddressNewsletter, "no_address_newsletter")?;
        let mut street = self.text(address.part(Part::Street), "street")?;
        // Checked even where they are of no use, so that a shifted column is noticed.
        let location = facts::location(self)?;
        let facts = facts::facts(self)?;
        if street.is_empty() && no_address == Some(false) {
            return Err(self.problem("street", "", "is empty though no_address_newsletter is no"));
        }
        if street.is_empty() || no_address == Some(true) {
            return Ok(None);
        }
        let unit = self.text(address.part(Part::Unit), "unit")?;
        if !unit.is_empty() {
            street = format!("{street}, {unit}");
        }
        let city = self.text(address.part(Part::City), "city")?;
        let state = self.text(address.part(Part::State), "state")?;
        Ok(Some(Home { street, city, state, zip_code, location, facts }))
    }

    fn fixed_send_day(&self, expected: &Expected<'_>) -> Result<dripr_core::schedule::SendDay, RowProblem> {
        if let Some(text) = self.one(Column::FixedSendDay) {
            return text
                .parse()
                .map_err(|_| self.problem("fixed_send_day", text, "must be a day from 1 to 28"));
        }
        match expected.send_day {
            SendDayRule::Required => {
                Err(self.problem("fixed_send_day", "", "is empty, and no default send day was given"))
            }
            SendDayRule::Default(day) => Ok(day),
            SendDayRule::Spread { first, days } => Ok(first.later(self.place % u64::from(days.max(1)))),
        }
    }

    fn created_at(&self, expected: &Expected<'_>) -> Result<Option<Instant>, RowProblem> {
        let Some(text) = self.one(Column::CreatedAt) else { return Ok(None) };
        let at = match DateTime::parse_from_rfc3339(text) {
            Ok(at) => Some(at.to_utc()),
            Err(_) => text.parse::<NaiveDate>().ok().and_then(|date| start_of_day(date, expected.zone)),
        };
        let Some(at) = at else {
            let reason =
                "must be an RFC 3339 time such as 2026-03-01T15:00:00Z, or a date such as 2026-03-01";
            return Err(self.problem("created_at", text, reason));
        };
        if at > expected.now {
            return Err(self.problem("created_at", text, "lies in the future"));
        }
        Ok(Some(at))
    }

    /// A text, on one line and without control characters.
    fn text(&self, text: &str, field: &'static str) -> Result<String, RowProblem> {
        if text.chars().count() > LONGEST_TEXT {
            return Err(self.problem(field, text, format!("is longer than {LONGEST_TEXT} characters")));
        }
        let blank = |c: char| c.is_control() || c.is_whitespace();
        Ok(text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
    }
}

/// The usual words for yes and no.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" | "t" | "1" | "on" => Some(true),
        "no" | "n" | "false" | "f" | "0" | "off" => Some(false),
        _ => None,
    }
}
