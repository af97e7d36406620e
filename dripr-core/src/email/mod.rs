//! One email: made once, approved by its content, sent at most once.

mod address;
mod approval;
mod approval_link;
mod attempt;
mod block;
mod commercial;
mod content_hash;
mod delivery_status;
mod message;
mod no_mail;
mod opt_in;
mod opt_out;
mod own_link;
pub(crate) mod signature;
mod suppression;
mod test_copy;

pub use address::{EmailAddress, InvalidEmailAddress};
pub use approval::{Approval, ApprovedBy};
pub use approval_link::{ApprovalLinks, UnusableApprovalLink};
pub use attempt::{Attempt, MessageId};
pub use block::Block;
pub use commercial::{CommercialMessage, NotCommercial};
pub use content_hash::ContentHash;
pub use delivery_status::DeliveryStatus;
pub use message::{Message, OutgoingEmail, Party};
pub use no_mail::{NoMail, NoMailCause};
pub use opt_in::OptIn;
pub use opt_out::{InvalidOptOutLink, OptOutClaim, OptOutLinks};
pub(crate) use opt_out::{check_base, check_key};
pub use suppression::{Suppression, SuppressionCause};
pub use test_copy::test_copy;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{CampaignId, EmailId, UserId},
    schedule::{Cycle, Instant},
};

/// What is known of an email, without its text (that is a [`Message`], stored beside it).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Email {
    /// Its id.
    pub id: EmailId,
    /// The campaign it was made for.
    pub campaign_id: CampaignId,
    /// The tenant.
    pub user_id: UserId,
    /// The cycle it was made for.
    pub cycle: Cycle,
    /// How its delivery stands.
    pub delivery_status: DeliveryStatus,
    /// What exactly it says, to whom and from whom.
    pub content_hash: ContentHash,
    /// The recipient as it was when the email was made.
    pub recipient: EmailAddress,
    /// When it was made.
    pub created_at: Instant,
    /// When it may leave at the earliest, as seen when it was made.
    pub scheduled_send_datetime: Instant,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// The latest try at sending it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// Why it was skipped, rejected, superseded or held, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The provider's own name for the accepted email.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_message_id: Option<String>,
}

impl Email {
    /// Whether the mailer may have it right now.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.delivery_status.is_live()
    }

    /// Whether the recipient may have it although it is to be sent: nobody could tell what became of a try, and the
    /// agent wants such an email sent again. From then on it is sent as it is or held, never replaced by another.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        self.delivery_status.is_unsent() && self.attempt.as_ref().is_some_and(|attempt| attempt.sent_again)
    }
}
