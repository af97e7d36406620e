//! Why a command was not done.

use super::{CampaignStatus, IllegalTransition, Operation};
use crate::{
    email::DeliveryStatus,
    ids::{CampaignId, EmailId},
    schedule::Instant,
};

/// Why a command was not done. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such campaign, or it was removed.
    #[error("there is no campaign {0}")]
    NoCampaign(CampaignId),
    /// There is no such email in this campaign's cycle.
    #[error("email {0} is not this campaign's present email")]
    NoEmail(EmailId),
    /// Somebody else changed what the agent chose since it was looked at.
    #[error("campaign {0} was changed meanwhile; look at it again")]
    ChangedMeanwhile(CampaignId),
    /// The campaign has moved on: the work is no longer wanted.
    #[error("{operation} is not wanted: the campaign is {status}")]
    MovedOn {
        /// The operation.
        operation: Operation,
        /// Where the campaign stands.
        status: CampaignStatus,
    },
    /// Somebody else has the work in hand.
    #[error("{operation} is in hand until {until}")]
    InHand {
        /// The operation.
        operation: Operation,
        /// When its lease ends.
        until: Instant,
    },
    /// A newer lease or attempt exists; an older one's outcome changes nothing.
    #[error("fence {given} is not the newest, {newest}")]
    StaleFence {
        /// The fence that came.
        given: u64,
        /// The fence that counts.
        newest: u64,
    },
    /// The cycle's calls are used up.
    #[error("the {0} calls of this cycle are used up")]
    BudgetSpent(&'static str),
    /// Not at this moment.
    #[error("the email may not leave before {until}: {why}")]
    NotNow {
        /// When it may.
        until: Instant,
        /// Why not now, for people.
        why: String,
    },
    /// The email's state does not allow it.
    #[error("email {email} is {status}; {wanted}")]
    EmailState {
        /// The email.
        email: EmailId,
        /// How it stands.
        status: DeliveryStatus,
        /// What would have been needed, for people.
        wanted: &'static str,
    },
    /// The approval was for another content.
    #[error("email {0} has another content than the one that was approved")]
    OtherContent(EmailId),
    /// The campaign's state does not allow it.
    #[error("the campaign is {status}; {wanted}")]
    CampaignState {
        /// Where it stands.
        status: CampaignStatus,
        /// What would have been needed, for people.
        wanted: &'static str,
    },
    /// A value that cannot be taken.
    #[error("{field} {value:?}: {reason}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What was given.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A change that the table does not have.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
}
