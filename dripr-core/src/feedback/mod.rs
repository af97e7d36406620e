//! What comes back of an email after a provider took it.
//!
//! Providers tell it by webhooks, mail servers by messages to the sender. Adapters translate both into [`Feedback`]; what
//! follows from it is decided here. It comes late, twice and in any order, and may be about anything.

mod engagement;
mod refusal;
mod take;
mod take_over;
mod visitor;

pub use engagement::{Engagement, Level};
pub use refusal::{Refusal, Refused, refuse};
use serde::{Deserialize, Serialize};
pub use take::{Taken, take};
pub use take_over::{TakenOver, foresee, take_over};
pub use visitor::Visitor;

use crate::{
    email::{Email, EmailAddress},
    ids::{EmailId, FeedbackId},
    schedule::Instant,
};

/// One thing that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// Its name, made of what the provider says of it: the same each time it is told.
    pub id: FeedbackId,
    /// Which email it is about: dripr's own id of it, which went along as metadata or in a header. What does not tell it
    /// is not about an email of dripr's.
    pub email_id: EmailId,
    /// Whose doing or mailbox it is, where that is told.
    pub recipient: Option<EmailAddress>,
    /// When it happened, by the provider's clock.
    pub at: Instant,
    /// What happened.
    pub what: Happening,
}

impl Feedback {
    /// Who opened the email that this is about or followed a link in it; `None` if this is something else.
    #[must_use]
    pub fn visitor(&self, email: &Email) -> Option<Visitor> {
        let (Happening::Opened { user_agent } | Happening::Clicked { user_agent, .. }) = &self.what else {
            return None;
        };
        let sent = email.attempt.as_ref().map_or(email.scheduled_send_datetime, |attempt| attempt.started_at);
        Some(Visitor::of(user_agent, (self.at - sent).num_seconds()))
    }

    /// Where the link leads that was followed in the email that this is about, for anybody but its recipient; `None` if this is
    /// something else, or the link is the one by which they opt out and in.
    #[must_use]
    pub fn link_for_others(&self, email: &Email) -> Option<&str> {
        match &self.what {
            Happening::Clicked { link, .. } => {
                Some(link.as_str()).filter(|link| !email.is_opted_out_by(link))
            }
            Happening::Delivered
            | Happening::Bounced(_)
            | Happening::Complained
            | Happening::Opened { .. }
            | Happening::OptedOut
            | Happening::OptedIn => None,
        }
    }
}

/// What happened to an email.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Happening {
    /// The recipient's mail server took it.
    Delivered,
    /// It came back, or will.
    Bounced(Bounce),
    /// The recipient reported it as spam.
    Complained,
    /// Its pictures were loaded.
    Opened {
        /// By what, as it says of itself; empty if it does not.
        user_agent: String,
    },
    /// A link in it was followed.
    Clicked {
        /// Where the link leads.
        link: String,
        /// By what, as it says of itself; empty if it does not.
        user_agent: String,
    },
    /// The recipient does not want any more, by a way of the provider's own.
    OptedOut,
    /// The recipient wants mail again, by a way of the provider's own.
    OptedIn,
}

impl Happening {
    /// The stored name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Bounced(_) => "bounced",
            Self::Complained => "complained",
            Self::Opened { .. } => "opened",
            Self::Clicked { .. } => "clicked",
            Self::OptedOut => "opted_out",
            Self::OptedIn => "opted_in",
        }
    }
}

/// Why an email came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// What kind of failure it was.
    pub kind: BounceKind,
    /// What the mail server or the provider said, for people, without addresses.
    pub detail: String,
}

/// What kind of failure a bounce tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BounceKind {
    /// The mailbox does not exist, or will never take mail again. Nothing more is sent to it.
    NoMailbox,
    /// The mailbox is full, over its quota or asleep; it may take the next one.
    FullMailbox,
    /// Refused for what it says or where it comes from: a policy, a block list, a filter. The address may be right.
    Refused,
    /// The server could not be reached or had no time; it gave up trying.
    Unreachable,
    /// No failure: an automatic answer, such as from somebody on holiday.
    AutoReply,
    /// It failed, and nothing says why.
    Unclear,
}

impl BounceKind {
    /// Whether the address gets no mail any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::NoMailbox)
    }

    /// Whether it says that the email did not arrive.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::AutoReply)
    }
}
