//! Who takes emails to their recipients.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    email::{Attempt, EmailAddress, OutgoingEmail},
    ids::{EmailId, UserId},
    schedule::Instant,
};

/// Hands emails to a provider.
///
/// This is the one port whose calls must not simply be repeated: a provider may take an email and die before it says
/// so. The engine stores an attempt before it calls, and calls once.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands emails over, each once, and says for each what became of it, in order. It never panics and never
    /// answers with fewer outcomes than emails; what it cannot be sure of is [`SendOutcome::Unknown`].
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome>;

    /// Asks the provider whether it has an email, by its stable `Message-ID` or metadata.
    async fn look_up(&self, inquiry: &Inquiry) -> LookUp;

    /// How many emails one [`Mailer::send`] takes.
    fn batch(&self) -> usize {
        1
    }

    /// How long the provider may take to show an email that it took: asked earlier, it may say that it has none. `None`
    /// leaves it to the deployment ([`Policy::first_look_up`](crate::policy::Policy::first_look_up)).
    fn settling_time(&self) -> Option<Duration> {
        None
    }
}

/// Which email a provider is asked about: one of which nobody knows whether the provider took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// The email's id.
    pub email_id: EmailId,
    /// The tenant on whose account it was sent.
    pub user_id: UserId,
    /// The one recipient.
    pub recipient: EmailAddress,
    /// The latest try; its `Message-ID` is that of every try.
    pub attempt: Attempt,
}

/// What became of handing an email over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendOutcome {
    /// The provider has it.
    Accepted {
        /// The provider's own name for it.
        provider_message_id: Option<String>,
    },
    /// The provider definitely does not have it; another try may succeed.
    NotSent {
        /// Why, for people.
        reason: String,
        /// When the provider asked to come back.
        not_before: Option<Instant>,
    },
    /// The provider definitely does not have it, and people must mend something first.
    NeedsPeople {
        /// What, for people.
        reason: String,
    },
    /// The provider refuses this recipient for good.
    BadRecipient {
        /// Why, for people.
        reason: String,
    },
    /// Nobody can tell.
    Unknown {
        /// What happened, for people.
        reason: String,
    },
}

/// What the provider says when asked about an email.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookUp {
    /// It has it.
    Accepted {
        /// The provider's own name for it.
        provider_message_id: Option<String>,
    },
    /// It does not have it. Only said where absence is certain.
    NotAccepted,
    /// It cannot say.
    CannotTell,
}
