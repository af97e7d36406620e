//! The people an agent writes to, and their homes.

mod external_id;
mod no_mail;
mod remove;

pub(crate) use external_id::stored as stored_external_id;
pub use external_id::{
    Enrolling, ExternalId, ExternalIdGiven, Giving, InvalidExternalId, MAX_EXTERNAL_ID_LENGTH,
};
pub use no_mail::{no_mail, no_mail_among};
pub use remove::remove;

use serde::{Deserialize, Serialize};

use crate::{
    content::{GeoPoint, HomeFacts, ZipCode},
    email::EmailAddress,
    ids::{ContactId, UserId},
    schedule::Instant,
    street,
};

/// A person an agent writes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The person's id.
    pub id: ContactId,
    /// The agent whose contact this is.
    pub user_id: UserId,
    /// First name; empty if unknown.
    pub first_name: String,
    /// Last name; empty if unknown.
    pub last_name: String,
    /// Where the reports go.
    pub email: EmailAddress,
    /// What the agent's CRM calls the person.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "external_id::stored")]
    pub external_id: Option<ExternalId>,
    /// When the contact was made.
    pub created_at: Instant,
    /// When the contact was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Instant>,
}

/// The home that a campaign reports on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Home {
    /// Number and street, with a unit where there is one.
    pub street: String,
    /// City; empty if unknown.
    pub city: String,
    /// Two-letter state; empty if unknown.
    pub state: String,
    /// ZIP code.
    pub zip_code: ZipCode,
    /// Where it lies, if the agent's data tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<GeoPoint>,
    /// What the agent's data tells of it.
    #[serde(default)]
    pub facts: HomeFacts,
}

impl Home {
    /// The address on one line.
    #[must_use]
    pub fn one_line(&self) -> String {
        let region = [self.state.as_str(), self.zip_code.as_str()].join(" ");
        [self.street.as_str(), self.city.as_str(), region.trim()]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// What two spellings of one home have in common: letters and digits of the street, folded, its words as short as they
    /// are [written](crate::street::short), and the ZIP code.
    ///
    /// ```
    /// # use dripr_core::contact::Home;
    /// # let home = |street: &str| Home { street: street.into(), city: String::new(), state: String::new(),
    /// #     zip_code: "98103".parse().unwrap(), location: None, facts: Default::default() };
    /// assert_eq!(home("12 Elm St., #4").key(), home("12 ELM street, Apt 4").key());
    /// assert_ne!(home("12 Elm St").key(), home("112 Elm St").key());
    /// ```
    #[must_use]
    pub fn key(&self) -> String {
        let mut key = String::from(self.zip_code.as_str());
        for word in self.street.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            key.push(' ');
            key.extend(word.chars().flat_map(char::to_lowercase));
        }
        Self::renewed_key(&key)
    }

    /// What [`Home::key`] is now of a home whose key was stored before words were shortened. A newer one stays as it is, and so
    /// does what is no key of a home.
    #[must_use]
    pub fn renewed_key(stored: &str) -> String {
        let words: Vec<&str> = stored.split(' ').collect();
        match words.split_first() {
            Some((zip_code, street)) if zip_code.parse::<ZipCode>().is_ok() => {
                let mut key = (*zip_code).to_owned();
                for word in street::folded(street) {
                    key.push(' ');
                    key.push_str(word);
                }
                key
            }
            _ => stored.to_owned(),
        }
    }
}
