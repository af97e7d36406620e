//! What became of one row.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{contact::ExternalId, email::EmailAddress, ids::CampaignId};

/// Of which rows of a file there is a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reported {
    /// Of [those](ImportLine::is_exception) that did not go as everybody expects. All others are told by the
    /// [`Tally`](super::Tally) alone, so that the report of a long file is short.
    #[default]
    Exceptions,
    /// Of every row: a line is stored for each.
    EveryRow,
}

impl Reported {
    /// Whether this line is among them.
    ///
    /// ```
    /// use dripr_core::imports::{Fate, ImportLine, Reported};
    /// let fate = Fate::Acceptable;
    /// let line = ImportLine { row: 2, fate, opted_out: false, not_verified: false, external_id: None };
    /// assert!(Reported::EveryRow.includes(&line) && !Reported::Exceptions.includes(&line));
    /// let wants_no_mail = ImportLine { opted_out: true, ..line };
    /// assert!(Reported::Exceptions.includes(&wants_no_mail));
    /// ```
    #[must_use]
    pub const fn includes(self, line: &ImportLine) -> bool {
        match self {
            Self::Exceptions => line.is_exception(),
            Self::EveryRow => true,
        }
    }
}

/// What became of a row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportLine {
    /// The line on which the row begins; the header is line 1.
    pub row: u64,
    /// What became of it.
    pub fate: Fate,
    /// Its person wants no mail, and gets none.
    pub opted_out: bool,
    /// Nobody could tell whether its address takes mail; it was taken all the same.
    pub not_verified: bool,
    /// What the row calls its person, if it does and that can be read: whoever sent the file knows the row by it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::contact::stored_external_id"
    )]
    pub external_id: Option<ExternalId>,
}

/// What can become of a row.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// A campaign was made of it.
    Enrolled(CampaignId),
    /// Nothing stands against it; in a dry run.
    Acceptable,
    /// There is a campaign like it already, and nothing was changed. In a dry run there may be none yet: a row before it would
    /// make that.
    AlreadyEnrolled(Option<CampaignId>),
    /// It cannot be used.
    Refused {
        /// The field at fault, in dripr's words; `row` when it is the row itself.
        field: String,
        /// What the file has there, cut to its first characters.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Fate {
    /// The stored name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Enrolled(_) => "enrolled",
            Self::Acceptable => "acceptable",
            Self::AlreadyEnrolled(_) => "already_enrolled",
            Self::Refused { .. } => "refused",
        }
    }

    /// The campaign that was made or was there.
    #[must_use]
    pub const fn campaign(&self) -> Option<&CampaignId> {
        match self {
            Self::Enrolled(id) | Self::AlreadyEnrolled(Some(id)) => Some(id),
            Self::Acceptable | Self::AlreadyEnrolled(None) | Self::Refused { .. } => None,
        }
    }
}

impl ImportLine {
    /// Whether it repeats an address.
    #[must_use]
    pub fn names(&self, address: &EmailAddress) -> bool {
        let Fate::Refused { value, .. } = &self.fate else { return false };
        value.to_lowercase().contains(&address.as_str().to_lowercase())
    }

    /// Whether the row did not go as everybody expects: it cannot be used, was there already, is of somebody who wants no mail, or could
    /// not be verified.
    #[must_use]
    pub const fn is_exception(&self) -> bool {
        self.opted_out
            || self.not_verified
            || matches!(self.fate, Fate::AlreadyEnrolled(_) | Fate::Refused { .. })
    }
}

impl fmt::Display for ImportLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.row;
        match &self.fate {
            Fate::Enrolled(id) => write!(f, "row {row}: enrolled as {id}"),
            Fate::Acceptable => write!(f, "row {row}: would be enrolled"),
            Fate::AlreadyEnrolled(Some(id)) => write!(f, "row {row}: is there already, as {id}"),
            Fate::AlreadyEnrolled(None) => write!(f, "row {row}: says the same as one before it"),
            Fate::Refused { field, value, reason } => {
                let all_the_same = if self.opted_out { "; its opt-out counts all the same" } else { "" };
                write!(f, "row {row}: {field} {value:?}: {reason}{all_the_same}")
            }
        }
    }
}

/// Values of a file are personal data, which stays out of logs.
impl fmt::Debug for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enrolled(id) | Self::AlreadyEnrolled(Some(id)) => {
                f.debug_tuple(self.name()).field(id).finish()
            }
            Self::Acceptable | Self::AlreadyEnrolled(None) => f.write_str(self.name()),
            Self::Refused { field, .. } => {
                f.debug_struct("refused").field("field", field).finish_non_exhaustive()
            }
        }
    }
}
