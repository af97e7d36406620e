//! What an operator is alerted to: raised once for each episode, and resolved once.
//!
//! An alert is judged by [`Readings`] of the whole deployment, again and again. What it has come to is kept in the store as an
//! [`Alarm`], so that no restart and no second process raises it twice, and with it the [`Word`]s that somebody is still to be told:
//! a word is there until every way has taken it.

mod alarm;
mod judge;
mod rejected;
mod tell;

pub use alarm::{Alarm, Route, What, Word};
pub use judge::{Condition, Readings};
pub use rejected::Rejected;
pub use tell::{Telling, look};

use serde::{Deserialize, Serialize};

/// What can be wrong with a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// Campaigns whose deadline passed, and nobody dealt with it.
    StuckCampaigns,
    /// Deliveries that can never be handled.
    DeadLetters,
    /// So many complaints that mailbox providers take it amiss.
    Complaints,
    /// Sending that is paused, because it cannot be told what becomes of emails.
    MailPaused,
    /// Webhooks that come in and cannot be verified: what they tell is not heard.
    WebhooksRejected,
}

impl Alert {
    /// All there are.
    pub const ALL: [Self; 5] =
        [Self::StuckCampaigns, Self::DeadLetters, Self::Complaints, Self::MailPaused, Self::WebhooksRejected];

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StuckCampaigns => "stuck_campaigns",
            Self::DeadLetters => "dead_letters",
            Self::Complaints => "complaints",
            Self::MailPaused => "mail_paused",
            Self::WebhooksRejected => "webhooks_rejected",
        }
    }

    /// For people: what is wrong.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::StuckCampaigns => "campaigns are stuck",
            Self::DeadLetters => "deliveries were parked",
            Self::Complaints => "too many emails are reported as spam",
            Self::MailPaused => "sending is paused",
            Self::WebhooksRejected => "webhooks cannot be verified",
        }
    }
}
