//! What goes along with an email, by which it is found in Postmark's search and known again in a webhook.
//!
//! A value has at most 80 characters and an email's id up to 96, so a longer id goes as its SHA-256, by which it is
//! searched, and in two pieces, from which a webhook is understood.

use std::collections::BTreeMap;

use dripr_core::{email::OutgoingEmail, ids::EmailId};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::http::json;

/// By which Postmark is asked. A key has at most 20 characters.
pub(super) const EMAIL_ID: &str = "dripr_email_id";
const FIRST_PIECE: &str = "dripr_email_id_1";
const SECOND_PIECE: &str = "dripr_email_id_2";
const ATTEMPT: &str = "dripr_attempt";
/// The most characters of a value.
const LONGEST_VALUE: usize = 80;

/// An email's metadata.
pub(super) fn of(email: &OutgoingEmail) -> BTreeMap<&'static str, String> {
    let (id, attempt) = (email.email_id.as_str(), email.attempt_id.as_str());
    // A try is named after its email, which need not be said twice.
    let number = attempt.strip_prefix(id).and_then(|rest| rest.strip_prefix('.')).unwrap_or(attempt);
    let mut metadata = BTreeMap::from([(EMAIL_ID, name(id)), (ATTEMPT, name(number))]);
    if let Some((first, second)) = id.split_at_checked(LONGEST_VALUE).filter(|(_, rest)| !rest.is_empty()) {
        metadata.extend([(FIRST_PIECE, first.to_owned()), (SECOND_PIECE, second.to_owned())]);
    }
    metadata
}

/// An id as a value: itself, or what stands for a longer one.
pub(super) fn name(id: &str) -> String {
    if id.len() <= LONGEST_VALUE {
        id.to_owned()
    } else {
        format!("sha256:{}", hex::encode(Sha256::digest(id)))
    }
}

/// Metadata as Postmark gives it back. Others may have put theirs beside it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Known {
    #[serde(rename = "dripr_email_id", deserialize_with = "json::text")]
    name: Option<String>,
    #[serde(rename = "dripr_email_id_1", deserialize_with = "json::text")]
    first: Option<String>,
    #[serde(rename = "dripr_email_id_2", deserialize_with = "json::text")]
    second: Option<String>,
}

impl Known {
    /// Whose it is: an email of dripr's, if it is one.
    pub(super) fn email_id(&self) -> Option<EmailId> {
        let given = self.name.as_deref()?;
        match (&self.first, &self.second) {
            (Some(first), Some(second)) => {
                EmailId::new(format!("{first}{second}")).ok().filter(|id| name(id.as_str()) == given)
            }
            _ => EmailId::new(given).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known(metadata: serde_json::Value) -> Option<EmailId> {
        serde_json::from_value::<Known>(metadata).unwrap().email_id()
    }

    #[test]
    fn an_id_of_any_length_comes_back_and_one_that_was_changed_does_not() {
        for length in [1, 79, 80, 81, 96] {
            let id = "x".repeat(length);
            let (first, second) = id.split_at(length.min(80));
            let metadata = match second {
                "" => json!({EMAIL_ID: name(&id)}),
                _ => json!({EMAIL_ID: name(&id), FIRST_PIECE: first, SECOND_PIECE: second}),
            };
            assert!(name(&id).len() <= LONGEST_VALUE);
            assert_eq!(known(metadata).unwrap().as_str(), id);
        }
        let name = name(&"x".repeat(90));
        let other = json!({EMAIL_ID: name, FIRST_PIECE: "x".repeat(80), SECOND_PIECE: "y".repeat(10)});
        assert_eq!(known(other), None);
        for none in [json!({}), json!({EMAIL_ID: null}), json!({EMAIL_ID: "a b"}), json!({EMAIL_ID: ["a"]})] {
            assert_eq!(known(none), None);
        }
    }

    #[test]
    fn keys_are_as_short_as_postmark_wants_them() {
        assert!([EMAIL_ID, FIRST_PIECE, SECOND_PIECE, ATTEMPT].iter().all(|key| key.len() <= 20));
    }
}
