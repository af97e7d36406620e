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
const REFUSING_STATUSES: [&str; 13] = [
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
    // Mailchimp's people who bought something and never asked for mail.
    "transactional",
];
const AGREEMENTS: [&str; 7] = ["optedin", "optin", "subscribed", "granted", "confirmed", "given", "agreed"];

/// What a column of opt-outs says of who did not, besides the plain words for no. What else agrees there agrees to the opt-out.
const NO_OPT_OUTS: [&str; 2] = ["subscribed", "optedin"];

/// What a row says about mail.
pub(super) struct Wish {
    /// Whether any column says that the person wants none.
    pub(super) opted_out: bool,
    /// A column of consent that says neither.
    pub(super) unclear: Option<RowProblem>,
}

/// What all columns say together. One that cannot be understood keeps no other from saying no.
pub(super) fn wish(row: &Row<'_>) -> Wish {
    let mut wish = Wish { opted_out: false, unclear: None };
    for value in row.all(Column::Consent) {
        let word = plain(value);
        if REFUSALS.contains(&word.as_str()) {
            wish.opted_out = true;
        } else if !AGREEMENTS.contains(&word.as_str()) {
            match yes_or_no(value) {
                Some(yes) => wish.opted_out |= !yes,
                None => {
                    wish.unclear.get_or_insert_with(|| row.problem("consent", value, "must be yes or no"));
                }
            }
        }
    }
    for value in row.all(Column::OptOut) {
        // A date or a reason stands for yes.
        wish.opted_out |= yes_or_no(value).unwrap_or(true) && !NO_OPT_OUTS.contains(&plain(value).as_str());
    }
    for value in row.all(Column::SubscriptionStatus) {
        wish.opted_out |= REFUSING_STATUSES.contains(&plain(value).as_str());
    }
    wish
}

fn plain(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(40).collect()
}
