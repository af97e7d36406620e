//! What a row of the contacts means.

use dripr_core::{
    contact::Contact,
    email::EmailAddress,
    ids::{ContactId, UserId},
    schedule::Instant,
};

use super::{LegacyRow, OptOut, RowProblem};

/// A contact, with what its row says of a home.
#[derive(Debug, Clone, PartialEq)]
pub struct LegacyContact {
    /// The person.
    pub contact: Contact,
    /// Number and street; empty if the row has none.
    pub(super) street: String,
    pub(super) city: String,
    pub(super) state: String,
    pub(super) zip_code: Option<String>,
}

/// A contact.
///
/// # Errors
/// What is wrong with the row.
pub fn contact(row: &LegacyRow, now: Instant) -> Result<LegacyContact, RowProblem> {
    // Read even where another place says it, so that no row is taken whose refusal cannot be understood.
    row.flag("opted_out")?;
    Ok(LegacyContact {
        contact: Contact {
            id: ContactId::new(row.must("id")?).map_err(|error| row.problem("id", error))?,
            user_id: UserId::new(row.must("user_id")?).map_err(|error| row.problem("user_id", error))?,
            first_name: row.line("first_name")?,
            last_name: row.line("last_name")?,
            email: address(row)?,
            // The older deployment knew of none.
            external_id: None,
            created_at: row.past("created_at", now)?.unwrap_or(now),
            deleted_at: row.past("deleted_at", now)?,
        },
        street: row.line("street")?,
        city: row.line("city")?,
        state: row.line("state")?,
        zip_code: row.get("zip_code")?.map(str::to_owned),
    })
}

/// Whose mail the person does not want, whatever else is wrong with the row.
#[must_use]
pub fn opt_out_of_contact(row: &LegacyRow) -> Option<OptOut> {
    let user_id = UserId::new(row.get("user_id").ok()??).ok()?;
    row.flag("opted_out").ok()?.filter(|out| *out)?;
    Some(OptOut { user_id, address: address(row).ok()? })
}

fn address(row: &LegacyRow) -> Result<EmailAddress, RowProblem> {
    row.must("email")?.parse::<EmailAddress>().map_err(|error| row.problem("email", error.reason))
}
