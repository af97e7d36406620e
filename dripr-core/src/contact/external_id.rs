//! What the agent's CRM calls a contact.

use std::{collections::HashMap, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::Contact;
use crate::{
    email::EmailAddress,
    ids::{ContactId, UserId},
};

/// The longest external id that is accepted, in characters.
pub const MAX_EXTERNAL_ID_LENGTH: usize = 255;

/// A text that cannot be an external id. It does not repeat it: an external id is personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidExternalId {
    /// Nothing but spaces.
    #[error("is empty")]
    Empty,
    /// Too many characters.
    #[error("is longer than {MAX_EXTERNAL_ID_LENGTH} characters")]
    TooLong,
    /// What steers a terminal, or ends a line.
    #[error("has a control character or a line break in it")]
    ControlCharacter,
    /// A number as spreadsheets write those that are too long for a cell (`1.23457E+11`, `1,23457E+11`). Many ids become one by that.
    #[error("is a number that a spreadsheet rounded; export it as text")]
    Rounded,
}

/// A contact's id in the agent's CRM: whatever text that program gives it, 1 to 255 characters without spaces around them and
/// without control characters, and no number that a spreadsheet [rounded](InvalidExternalId::Rounded). It means nothing here; two are the same
/// if every character is, capitals included.
///
/// Of an agent's contacts that were not removed, one has it.
///
/// ```
/// use dripr_core::contact::ExternalId;
/// let id: ExternalId = " 003Dn00000AbCdE ".parse()?;
/// assert_eq!(id.as_str(), "003Dn00000AbCdE");
/// assert_ne!(id, "003dn00000abcde".parse()?);
/// assert!(" ".parse::<ExternalId>().is_err());
/// assert!("1.23457E+11".parse::<ExternalId>().is_err());
/// # Ok::<(), dripr_core::contact::InvalidExternalId>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId(Arc<str>);

impl ExternalId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads an external id where it is stored. It may be older than the rule about [rounded](InvalidExternalId::Rounded) numbers,
    /// and a contact that has such a one stays readable.
    ///
    /// ```
    /// use dripr_core::contact::ExternalId;
    /// assert_eq!(ExternalId::from_stored("1,23457E+11")?.as_str(), "1,23457E+11");
    /// assert!(ExternalId::from_stored("a\nb").is_err());
    /// # Ok::<(), dripr_core::contact::InvalidExternalId>(())
    /// ```
    ///
    /// # Errors
    /// Whatever else makes a text no external id.
    pub fn from_stored(text: &str) -> Result<Self, InvalidExternalId> {
        match text.parse::<Self>() {
            // The last that is looked for: nothing else is wrong with it.
            Err(InvalidExternalId::Rounded) => Ok(Self(text.trim().into())),
            read => read,
        }
    }
}

impl FromStr for ExternalId {
    type Err = InvalidExternalId;

    fn from_str(text: &str) -> Result<Self, InvalidExternalId> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(InvalidExternalId::Empty);
        }
        if trimmed.chars().count() > MAX_EXTERNAL_ID_LENGTH {
            return Err(InvalidExternalId::TooLong);
        }
        // Looked for in all of the text: what surrounds an id is spaces, and no line break.
        if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(InvalidExternalId::ControlCharacter);
        }
        // Last, so that what is refused for this alone can be [read where it is stored](ExternalId::from_stored).
        if is_rounded(trimmed) {
            return Err(InvalidExternalId::Rounded);
        }
        Ok(Self(trimmed.into()))
    }
}

/// Whether a number is written as spreadsheets write those that are too long for a cell, with the point or comma of their country.
fn is_rounded(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once("E+").is_some_and(|(number, exponent)| {
        let (whole, rest) = number.split_once(['.', ',']).unwrap_or((number, "0"));
        whole.len() == 1 && digits(whole) && digits(rest) && exponent.len() == 2 && digits(exponent)
    })
}

/// Reads an external id [where it is stored](ExternalId::from_stored).
pub(crate) fn stored<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ExternalId>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| ExternalId::from_stored(&text)).transpose().map_err(D::Error::custom)
}

impl TryFrom<String> for ExternalId {
    type Error = InvalidExternalId;
    fn try_from(text: String) -> Result<Self, InvalidExternalId> {
        text.parse()
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Personal data stays out of logs.
impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId(…)")
    }
}

impl Contact {
    /// Gives the contact an external id, if it has none and was not removed: whether it has this one only now. One that it has is
    /// kept, as its names are.
    pub fn fill_external_id(&mut self, id: &ExternalId) -> bool {
        let fills = self.external_id.is_none() && self.deleted_at.is_none();
        if fills {
            self.external_id = Some(id.clone());
        }
        fills
    }
}

/// What became of an external id that was given to the contact of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalIdGiven {
    /// The contact has it now.
    Given,
    /// The contact has it already, or has another one. Nothing changed.
    Kept,
    /// The agent has no contact of that address. Nothing changed.
    NoContact,
    /// Another contact of the agent has it. Nothing changed.
    Taken(ContactId),
}

/// Contacts of one agent that were not removed, to be given external ids: those of some addresses, and who has some external ids.
#[derive(Default)]
pub struct Giving {
    contacts: HashMap<String, Contact>,
    holders: HashMap<ExternalId, ContactId>,
    given: Vec<Contact>,
}

impl Giving {
    /// A contact whom something may be given to.
    pub fn to(&mut self, contact: Contact) {
        self.contacts.insert(contact.email.key(), contact);
    }

    /// Who has an external id.
    pub fn held(&mut self, id: ExternalId, by: ContactId) {
        self.holders.insert(id, by);
    }

    /// Gives them, one after the other: what became of each.
    pub fn give(&mut self, ids: &[(EmailAddress, ExternalId)]) -> Vec<ExternalIdGiven> {
        ids.iter().map(|(address, id)| self.one(address, id)).collect()
    }

    fn one(&mut self, address: &EmailAddress, id: &ExternalId) -> ExternalIdGiven {
        let contact = self.contacts.get_mut(&address.key());
        let holder = self.holders.get(id);
        if let Some(holder) = holder
            && contact.as_ref().is_none_or(|contact| contact.id != *holder)
        {
            return ExternalIdGiven::Taken(holder.clone());
        }
        let Some(contact) = contact else { return ExternalIdGiven::NoContact };
        if !contact.fill_external_id(id) {
            return ExternalIdGiven::Kept;
        }
        self.holders.insert(id.clone(), contact.id.clone());
        self.given.push(contact.clone());
        ExternalIdGiven::Given
    }

    /// Those who were given one, as they are now.
    #[must_use]
    pub fn given(self) -> Vec<Contact> {
        self.given
    }
}

/// External ids of contacts that new campaigns go to, while [these are enrolled](crate::ports::CampaignStore::enrol). A contact gets
/// its campaign's when that is stored, and not before.
#[derive(Default)]
pub struct Enrolling {
    holders: HashMap<(UserId, ExternalId), ContactId>,
    given: HashMap<ContactId, ExternalId>,
}

impl Enrolling {
    /// Who has an external id.
    pub fn held(&mut self, user: UserId, id: ExternalId, by: ContactId) {
        self.holders.insert((user, id), by);
    }

    /// Another contact that has what the new one is to have. `used` is whom the campaign goes to.
    #[must_use]
    pub fn other_holder(&self, new: &Contact, used: &ContactId) -> Option<&ContactId> {
        let id = new.external_id.clone()?;
        self.holders.get(&(new.user_id.clone(), id)).filter(|holder| *holder != used)
    }

    /// The campaign is stored: whether the contact that it goes to, `used`, has its external id only since.
    pub fn stored(&mut self, new: &Contact, used: &Contact) -> bool {
        let Some(id) = &new.external_id else { return false };
        let mut filled = used.clone();
        if self.given.contains_key(&used.id) || !filled.fill_external_id(id) {
            return false;
        }
        self.holders.insert((new.user_id.clone(), id.clone()), used.id.clone());
        self.given.insert(used.id.clone(), id.clone());
        true
    }

    /// What a contact was given.
    #[must_use]
    pub fn given(&self, contact: &ContactId) -> Option<&ExternalId> {
        self.given.get(contact)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(text: &str) -> ExternalId {
        text.parse().unwrap()
    }

    fn contact(name: &str) -> Contact {
        Contact {
            id: name.parse().unwrap(),
            user_id: "ana".parse().unwrap(),
            first_name: String::new(),
            last_name: String::new(),
            email: format!("{name}@home.example").parse().unwrap(),
            external_id: None,
            created_at: "2026-03-01T12:00:00Z".parse().unwrap(),
            deleted_at: None,
        }
    }

    #[test]
    fn an_external_id_is_a_text_of_one_line() {
        assert_eq!(id("  Kunde 7/é ").as_str(), "Kunde 7/é");
        assert_eq!(id(&"é".repeat(MAX_EXTERNAL_ID_LENGTH)).as_str().chars().count(), MAX_EXTERNAL_ID_LENGTH);
        let refused = |text: &str| text.parse::<ExternalId>().unwrap_err();
        assert_eq!(refused(" \u{3000}"), InvalidExternalId::Empty);
        assert_eq!(refused(&"é".repeat(MAX_EXTERNAL_ID_LENGTH + 1)), InvalidExternalId::TooLong);
        for text in ["a\nb", "a\0", "\u{7f}a", "7\n", "a\u{2028}b", "a\u{85}b"] {
            assert_eq!(refused(text), InvalidExternalId::ControlCharacter, "{text:?}");
        }
        assert_eq!(format!("{:?}", id("secret")), "ExternalId(…)");
    }

    #[test]
    fn a_rounded_number_is_no_external_id() {
        for text in ["1.23457E+11", " 1,23457E+11 ", "6E+10", "9.0E+99"] {
            assert_eq!(text.parse::<ExternalId>().unwrap_err(), InvalidExternalId::Rounded, "{text}");
            assert!(serde_json::from_value::<ExternalId>(text.into()).is_err(), "{text}");
        }
        for text in
            ["1.5", "1,5", "E+10", "12E+10", "1E+1x", "1e10", "003E+0000", "7.E+10", "1.2,3E+10", "é.1E+10"]
        {
            assert_eq!(id(text).as_str(), text);
        }
    }

    #[test]
    fn what_was_stored_before_rounded_numbers_were_refused_is_read_as_it_stands() {
        let mut json =
            serde_json::to_value(Contact { external_id: Some(id("7")), ..contact("kim") }).unwrap();
        json["external_id"] = "1.23457E+11".into();
        let kim: Contact = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(kim.external_id.as_ref().map(ExternalId::as_str), Some("1.23457E+11"));
        assert_eq!(serde_json::to_value(&kim).unwrap(), json);
        json["external_id"] = "a\nb".into();
        assert!(serde_json::from_value::<Contact>(json.clone()).is_err(), "other texts are none");
        json["external_id"] = serde_json::Value::Null;
        assert_eq!(serde_json::from_value::<Contact>(json).unwrap().external_id, None);
        let line = serde_json::json!({
            "row": 2, "fate": "acceptable", "opted_out": false, "not_verified": false, "external_id": "6E+10",
        });
        let line: crate::imports::ImportLine = serde_json::from_value(line).unwrap();
        assert_eq!(line.external_id.as_ref().map(ExternalId::as_str), Some("6E+10"));
        assert_eq!(
            serde_json::from_value::<Contact>(serde_json::to_value(contact("lee")).unwrap()).unwrap(),
            contact("lee")
        );
    }

    #[test]
    fn what_a_contact_has_is_kept_and_what_another_has_is_not_given() {
        let mut giving = Giving::default();
        giving.to(contact("kim"));
        giving.to(Contact { external_id: Some(id("2")), ..contact("lee") });
        giving.held(id("2"), "lee".parse().unwrap());
        let ids = [
            ("kim", "2"),
            ("KIM", "1"),
            ("kim", "3"),
            ("lee", "3"),
            ("lee", "1"),
            ("new", "2"),
            ("new", "4"),
        ];
        let ids = ids.map(|(name, text)| (format!("{name}@home.example").parse().unwrap(), id(text)));
        let taken = |by: &str| ExternalIdGiven::Taken(by.parse().unwrap());
        let expected = [
            taken("lee"),
            ExternalIdGiven::Given,
            ExternalIdGiven::Kept,
            ExternalIdGiven::Kept,
            taken("kim"),
            taken("lee"),
            ExternalIdGiven::NoContact,
        ];
        assert_eq!(giving.give(&ids), expected);
        assert_eq!(giving.given(), [Contact { external_id: Some(id("1")), ..contact("kim") }]);
    }

    #[test]
    fn a_removed_contact_is_given_none() {
        let mut removed = Contact { deleted_at: Some(contact("kim").created_at), ..contact("kim") };
        assert!(!removed.fill_external_id(&id("1")));
        assert_eq!(removed.external_id, None);
    }

    proptest! {
        #[test]
        fn what_is_taken_is_stored_as_it_is_read(text in "[\\PC\\t\\n]{0,300}") {
            if let Ok(id) = text.parse::<ExternalId>() {
                prop_assert_eq!(id.as_str(), id.as_str().trim());
                prop_assert_eq!(id.as_str().parse::<ExternalId>(), Ok(id.clone()));
                let json = serde_json::to_string(&id).unwrap();
                prop_assert_eq!(serde_json::from_str::<ExternalId>(&json).unwrap(), id);
            }
        }
    }
}
