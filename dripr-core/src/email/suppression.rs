//! Addresses that must not be written to.

use serde::{Deserialize, Serialize};

use super::EmailAddress;
use crate::{ids::UserId, schedule::Instant};

/// Why an address gets no more mail from an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionCause {
    /// The mailbox does not exist. The agent may correct the address.
    HardBounce,
    /// The recipient opted out. Only the recipient can opt in again.
    OptOut,
    /// The recipient called it spam. Only the recipient can opt in again.
    Complaint,
}

impl SuppressionCause {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HardBounce => "hard_bounce",
            Self::OptOut => "opt_out",
            Self::Complaint => "complaint",
        }
    }

    /// Whether only the recipient takes it back, by the link in an email. An address to which mail came back may be written to
    /// again once it works.
    #[must_use]
    pub const fn is_recipients_own(self) -> bool {
        match self {
            Self::HardBounce => false,
            Self::OptOut | Self::Complaint => true,
        }
    }

    /// For people: what the recipient did.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::HardBounce => "mail to this address came back for good",
            Self::OptOut => "the recipient opted out",
            Self::Complaint => "the recipient reported the mail as spam",
        }
    }

    /// For people: why it stands against nothing any more.
    #[must_use]
    pub const fn ended_sentence(self) -> &'static str {
        match self {
            Self::HardBounce => "mail may go to this address again",
            Self::OptOut | Self::Complaint => "the recipient wants mail again",
        }
    }
}

/// An address that one agent must not write to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The tenant.
    pub user_id: UserId,
    /// The address; its [`EmailAddress::key`] decides.
    pub address: EmailAddress,
    /// Why.
    pub cause: SuppressionCause,
    /// Since when; if the recipient said so [more than once](Self::joined), since the last time.
    pub since: Instant,
    /// Where it was decided, if that was another address that the same contact had: nobody decided anything at this one. What was
    /// stored before this was noted is the address's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<EmailAddress>,
}

impl Suppression {
    /// What stands for the address once `later` is told of it as well; `None` if that changes nothing.
    ///
    /// The more final cause stays, and since when. If the recipient decides the same again, it stands since the last time: what they
    /// wanted between is not their last word, whenever that is told. What was decided at two places is the address's own from then
    /// on, for neither place takes back what was decided at the other. A bounce is nothing that anybody decides.
    ///
    /// ```
    /// use dripr_core::email::{Suppression, SuppressionCause};
    /// let own = Suppression {
    ///     user_id: "agent".parse()?,
    ///     address: "kim@new.example".parse()?,
    ///     cause: SuppressionCause::OptOut,
    ///     since: "2026-03-13T09:00:00Z".parse()?,
    ///     carried_from: None,
    /// };
    /// let carried = Suppression { carried_from: Some("kim@home.example".parse()?), ..own.clone() };
    /// assert_eq!(own.joined(&carried), None);
    /// assert_eq!(carried.joined(&own), Some(own.clone()));
    /// let again = Suppression { since: "2026-03-14T09:00:00Z".parse()?, ..own.clone() };
    /// assert_eq!(own.joined(&again), Some(again.clone()));
    /// assert_eq!(again.joined(&own), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn joined(&self, later: &Self) -> Option<Self> {
        let are_own = (self.cause.is_recipients_own(), later.cause.is_recipients_own());
        let carried_from = match are_own {
            (_, false) => self.carried_from.as_ref(),
            (false, true) => later.carried_from.as_ref(),
            (true, true) => self.common_origin(later),
        };
        let is_more_final = later.cause > self.cause;
        let is_last_word = are_own == (true, true) && later.cause == self.cause && later.since > self.since;
        if !is_more_final && !is_last_word && carried_from.is_some() == self.carried_from.is_some() {
            return None;
        }
        let stays = if is_more_final { later } else { self };
        let since = if is_more_final || is_last_word { later.since } else { self.since };
        Some(Self { carried_from: carried_from.cloned(), since, ..stays.clone() })
    }

    /// Where both were decided, if that is one place.
    fn common_origin(&self, later: &Self) -> Option<&EmailAddress> {
        let (known, other) = (self.carried_from.as_ref()?, later.carried_from.as_ref()?);
        (known.key() == other.key()).then_some(known)
    }
}
