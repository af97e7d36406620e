//! What became of one row.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{email::EmailAddress, ids::CampaignId};

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
}

impl ImportLine {
    /// Whether it repeats an address.
    #[must_use]
    pub fn names(&self, address: &EmailAddress) -> bool {
        let Fate::Refused { value, .. } = &self.fate else { return false };
        value.to_lowercase().contains(&address.as_str().to_lowercase())
    }

    /// Whether there is anything to tell of the row. What went as everybody expects is told by the
    /// [`Tally`](super::Tally) alone, so that the report of a long file is short.
    #[must_use]
    pub const fn is_worth_telling(&self) -> bool {
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
