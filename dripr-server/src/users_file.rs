//! Reading a partner's agents from a CSV file.
//!
//! Columns are found by their names, in any order and case; unknown ones are left alone. A row that cannot be used is a
//! [`RowProblem`], and reading goes on with the next one. Memory stays bounded whatever the file holds.

use std::io::BufRead;

use csv::StringRecord;
use dripr_core::{access::Membership, agent::Subscription, email::EmailAddress, ids::UserId};

use crate::{
    contacts_file::{
        FileProblem, RowProblem,
        lines::{Next, Rows},
    },
    newcomer::Newcomer,
};

/// The longest text that is taken, in characters.
const LONGEST_TEXT: usize = 200;

/// The columns, by dripr's names; others are understood without their underscores, and with spaces.
const COLUMNS: [&str; 8] =
    ["id", "email", "first_name", "last_name", "postal_address", "brokerage", "phone", "managed_client_id"];

/// A file of agents that is being read.
pub struct UsersFile<R> {
    rows: Rows<R>,
    /// The place of each of [`COLUMNS`].
    places: [Option<usize>; COLUMNS.len()],
    /// The partner of rows that name none.
    client: Option<String>,
}

/// An agent, and the line on which their row begins; the header is line 1.
pub struct NewUserRow {
    /// The line.
    pub row: u64,
    /// The agent.
    pub newcomer: Newcomer,
}

impl<R: BufRead> UsersFile<R> {
    /// Reads the header. `client` is the partner of rows that name none.
    ///
    /// # Errors
    /// [`FileProblem`] if the file cannot be read, is empty, is no UTF-8, or has no column `email`.
    pub fn new(input: R, client: Option<String>) -> Result<Self, FileProblem> {
        let mut rows = Rows::new(input);
        let header = match rows.next()? {
            Next::End => return Err(FileProblem::Empty),
            Next::Bad(problem) => return Err(FileProblem::Header(problem)),
            Next::Fields { fields, .. } => fields,
        };
        let plain = |name: &str| -> String {
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let places = COLUMNS.map(|column| header.iter().position(|name| plain(name) == plain(column)));
        if !COLUMNS.iter().zip(places).any(|(column, place)| *column == "email" && place.is_some()) {
            let shown: Vec<&str> = header.iter().take(12).collect();
            return Err(FileProblem::NoEmailColumn(format!("{shown:?}").chars().take(300).collect()));
        }
        Ok(Self { rows, places, client })
    }

    /// The next agent, or what is wrong with their row; `None` at the end of the file.
    ///
    /// # Errors
    /// [`FileProblem::Unreadable`] if the file broke off.
    pub fn next_row(&mut self) -> Result<Option<Result<NewUserRow, RowProblem>>, FileProblem> {
        Ok(match self.rows.next()? {
            Next::End => None,
            Next::Bad(problem) => Some(Err(problem)),
            Next::Fields { number, fields } => Some(self.read(number, &fields)),
        })
    }

    fn read(&self, row: u64, fields: &StringRecord) -> Result<NewUserRow, RowProblem> {
        let [id, email, first_name, last_name, postal_address, brokerage, phone, client] =
            COLUMNS.map(|column| Cell::of(row, column, &self.places, fields));
        let client = client.text()?.or_else(|| self.client.clone());
        let client = client.ok_or_else(|| {
            RowProblem::new(row, "managed_client_id", "", "it is empty, and --managed-client-id is not given")
        })?;
        let address: EmailAddress = email.required()?;
        let id = match id.text()? {
            Some(text) => UserId::new(&text).map_err(|error| id.problem(error))?,
            None => UserId::managed(&client, &address),
        };
        let newcomer = Newcomer {
            id,
            first_name: first_name.required()?,
            last_name: last_name.text()?.unwrap_or_default(),
            email: address,
            brokerage: brokerage.text()?,
            phone: phone.text()?,
            postal_address: postal_address.required()?,
            // The partner pays.
            subscription: Subscription::Active,
            managed_client_id: Some(client),
            membership: Membership::default(),
            sending_rules: None,
        };
        Ok(NewUserRow { row, newcomer })
    }
}

/// A cell of a row.
struct Cell<'a> {
    row: u64,
    column: &'static str,
    value: &'a str,
}

impl<'a> Cell<'a> {
    fn of(row: u64, column: &'static str, places: &[Option<usize>], fields: &'a StringRecord) -> Self {
        let place = COLUMNS.iter().position(|known| *known == column);
        let place = place.and_then(|at| places.get(at).copied().flatten());
        Self { row, column, value: place.and_then(|place| fields.get(place)).unwrap_or_default().trim() }
    }

    fn problem(&self, reason: impl ToString) -> RowProblem {
        RowProblem::new(self.row, self.column, self.value, reason)
    }

    /// The text on one line, if there is any.
    fn text(&self) -> Result<Option<String>, RowProblem> {
        if self.value.chars().count() > LONGEST_TEXT {
            return Err(self.problem(format!("is longer than {LONGEST_TEXT} characters")));
        }
        let blank = |c: char| c.is_control() || c.is_whitespace();
        let words: Vec<&str> = self.value.split(blank).filter(|word| !word.is_empty()).collect();
        Ok(Some(words.join(" ")).filter(|text| !text.is_empty()))
    }

    fn required<T: std::str::FromStr<Err: ToString>>(&self) -> Result<T, RowProblem> {
        let text = self.text()?.ok_or_else(|| self.problem("it is empty"))?;
        text.parse().map_err(|error: T::Err| self.problem(error.to_string()))
    }
}
