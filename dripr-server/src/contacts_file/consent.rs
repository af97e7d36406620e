//! Whether a person wants mail. Any column that says no wins over all that say yes.

use super::{
    columns::Column,
    problem::RowProblem,
    row::{Row, yes_or_no},
};

/// What a column of consent says when it withholds it, besides the plain words for no.
const REFUSALS: [&str; 10] = [
    "optedout",
    "optout",
    "unsubscribed",
    "unsubscribe",
    "declined",
    "revoked",
    "withdrawn",
    "cleaned",
    "bounced",
    "donotemail",
];
/// The same in a status column, whose other values speak of other things.
const REFUSING_STATUSES: [&str; 12] = [
    "unsubscribed",
    "optedout",
    "optout",
    "cleaned",
    "nonsubscribed",
    "bounced",
    "complained",
    "spam",
    "donotemail",
    "donotcontact",
    "suppressed",
    "archived",
];
const AGREEMENTS: [&str; 7] = ["optedin", "optin", "subscribed", "granted", "confirmed", "given", "agreed"];

/// Whether any column says that the person wants no mail.
pub(super) fn opted_out(row: &Row<'_>) -> Result<bool, RowProblem> {
    let mut out = false;
    for value in row.all(Column::Consent) {
        let word = plain(value);
        if REFUSALS.contains(&word.as_str()) {
            out = true;
        } else if !AGREEMENTS.contains(&word.as_str()) {
            match yes_or_no(value) {
                Some(yes) => out |= !yes,
                None => return Err(row.problem("consent", value, "must be yes or no")),
            }
        }
    }
    for value in row.all(Column::OptOut) {
        // A date or a reason stands for yes.
        out |= yes_or_no(value).unwrap_or(true) && !AGREEMENTS.contains(&plain(value).as_str());
    }
    for value in row.all(Column::SubscriptionStatus) {
        out |= REFUSING_STATUSES.contains(&plain(value).as_str());
    }
    Ok(out)
}

fn plain(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(40).collect()
}
