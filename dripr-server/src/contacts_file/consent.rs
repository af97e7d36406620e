//! Whether a person wants mail. Any column that says no wins over all that say yes, and the most final reason over the others.

use dripr_core::email::SuppressionCause::{self, Complaint, HardBounce, OptOut};

use super::{
    columns::Column,
    problem::RowProblem,
    row::{Row, yes_or_no},
};

/// What a column of consent says when it withholds it, besides the plain words for no.
const REFUSALS: [&str; 8] =
    ["optedout", "optout", "unsubscribed", "unsubscribe", "declined", "revoked", "withdrawn", "donotemail"];
/// The same in a status column, whose other values speak of other things.
const REFUSING_STATUSES: [&str; 9] = [
    "unsubscribed",
    "optedout",
    "optout",
    "nonsubscribed",
    "donotemail",
    "donotcontact",
    "suppressed",
    "archived",
    // Mailchimp's people who bought something and never asked for mail.
    "transactional",
];
/// What any of these columns says where mail came back for good.
const BOUNCES: [&str; 4] = ["bounced", "hardbounce", "hardbounced", "cleaned"];
/// The same where the person reported mail as spam.
const COMPLAINTS: [&str; 3] = ["complained", "complaint", "spam"];
const AGREEMENTS: [&str; 7] = ["optedin", "optin", "subscribed", "granted", "confirmed", "given", "agreed"];

/// What a column of opt-outs says of who did not, besides the plain words for no. What else agrees there agrees to the opt-out.
const NO_OPT_OUTS: [&str; 2] = ["subscribed", "optedin"];

/// Columns that say no by anything but no, and why they do.
const SAYING_NO: [(Column, SuppressionCause); 3] =
    [(Column::OptOut, OptOut), (Column::Bounced, HardBounce), (Column::Complained, Complaint)];

/// What a row says about mail.
pub(super) struct Wish {
    /// Why the person gets none, if any column says so.
    pub(super) no_mail: Option<SuppressionCause>,
    /// A column of consent that says neither.
    pub(super) unclear: Option<RowProblem>,
}

impl Wish {
    fn no(&mut self, cause: SuppressionCause) {
        self.no_mail = self.no_mail.max(Some(cause));
    }
}

/// What all columns say together. One that cannot be understood keeps no other from saying no.
pub(super) fn wish(row: &Row<'_>) -> Wish {
    let mut wish = Wish { no_mail: None, unclear: None };
    for value in row.all(Column::Consent) {
        let word = plain(value);
        if let Some(cause) = refusal(&word, &REFUSALS) {
            wish.no(cause);
        } else if !AGREEMENTS.contains(&word.as_str()) {
            match yes_or_no(value) {
                Some(true) => {}
                Some(false) => wish.no(OptOut),
                None => {
                    wish.unclear.get_or_insert_with(|| row.problem("consent", value, "must be yes or no"));
                }
            }
        }
    }
    for (column, cause) in SAYING_NO {
        for value in row.all(column) {
            let word = plain(value);
            // A date or a reason stands for yes.
            if yes_or_no(value).unwrap_or(true) && !NO_OPT_OUTS.contains(&word.as_str()) {
                wish.no(refusal(&word, &[]).unwrap_or(cause));
            }
        }
    }
    for value in row.all(Column::SubscriptionStatus) {
        if let Some(cause) = refusal(&plain(value), &REFUSING_STATUSES) {
            wish.no(cause);
        }
    }
    wish
}

/// Why a word says no: by its meaning, or as one of those that say that the person opted out.
fn refusal(word: &str, opt_outs: &[&str]) -> Option<SuppressionCause> {
    if BOUNCES.contains(&word) {
        Some(HardBounce)
    } else if COMPLAINTS.contains(&word) {
        Some(Complaint)
    } else {
        opt_outs.contains(&word).then_some(OptOut)
    }
}

fn plain(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(40).collect()
}
