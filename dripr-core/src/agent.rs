//! The agent: the tenant on whose behalf mail is sent.

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    email::EmailAddress,
    ids::UserId,
    schedule::{Instant, SendingRules},
};

/// How long after a payment fell due an agent's mail still goes out.
pub const PAST_DUE_GRACE: Duration = Duration::from_secs(7 * 24 * 3600);

/// An agent's account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// The tenant's id.
    pub id: UserId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Where mail comes from and replies go.
    pub email: EmailAddress,
    /// The brokerage's name, shown in the signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brokerage: Option<String>,
    /// Phone number, shown in the signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The valid physical postal address that commercial mail must carry (15 U.S.C. 7704(a)(5)(A)(iii)).
    pub postal_address: String,
    /// Whether and how the agent pays.
    pub subscription_status: Subscription,
    /// Present for an agent whom a partner manages; such agents get no welcome mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_client_id: Option<String>,
    /// Zone, window and numbers of this agent where they differ from the deployment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending_rules: Option<SendingRules>,
    /// The agent's choice for an email whose outcome stays unknown.
    #[serde(default)]
    pub unknown_outcome: UnknownOutcome,
    /// How the welcome mail stands.
    #[serde(default)]
    pub welcome: Welcome,
    /// When the account was made.
    pub created_at: Instant,
    /// When the account was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Instant>,
    /// Grows with every change.
    #[serde(default)]
    pub version: u64,
}

impl Agent {
    /// The name as people write it.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// Whether the agent's mail may go out at an instant, and if not, why.
    ///
    /// # Errors
    /// The reason, for people.
    pub fn may_send(&self, now: Instant) -> Result<(), &'static str> {
        if self.deleted_at.is_some() {
            return Err("the agent's account was removed");
        }
        match self.subscription_status {
            Subscription::Active | Subscription::Trialing => Ok(()),
            Subscription::PastDue { .. } if self.lapses_at().is_some_and(|end| now < end) => Ok(()),
            Subscription::PastDue { .. } => Err("the agent's payment is more than 7 days late"),
            Subscription::Canceled => Err("the agent's subscription has ended"),
            Subscription::Unpaid => Err("the agent's subscription is unpaid"),
        }
    }

    /// When time alone will stop the agent's mail.
    #[must_use]
    pub fn lapses_at(&self) -> Option<Instant> {
        match self.subscription_status {
            Subscription::PastDue { since } => {
                since.checked_add_signed(TimeDelta::from_std(PAST_DUE_GRACE).unwrap_or_default())
            }
            Subscription::Active | Subscription::Trialing | Subscription::Canceled | Subscription::Unpaid => {
                None
            }
        }
    }
}

/// The state of an agent's subscription, in the billing provider's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Subscription {
    /// Paid.
    Active,
    /// Not yet to be paid.
    Trialing,
    /// A payment is late.
    PastDue {
        /// Since when.
        since: Instant,
    },
    /// Ended.
    Canceled,
    /// Given up on.
    Unpaid,
}

/// What becomes of an email when nobody can tell whether the provider took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownOutcome {
    /// Hold it: at most one email, perhaps none.
    #[default]
    Hold,
    /// Send it again, once and as it is: at least one email, perhaps two.
    Resend,
}

/// How an agent's welcome mail stands. The same protocol as a report's: claimed before it is sent, never sent twice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Welcome {
    /// Not sent.
    #[default]
    Waiting,
    /// Not wanted: the agent is managed by a partner.
    Skipped,
    /// Handed to the mailer, no answer stored yet.
    Transmitting {
        /// Which try.
        number: u32,
        /// When the try began.
        started_at: Instant,
        /// When the provider is asked, if there is no answer.
        lease_until: Instant,
        /// Since when the provider says that it does not have it; believed once it has said so again, later.
        #[serde(default)]
        absent_since: Option<Instant>,
    },
    /// The provider took it.
    Sent {
        /// When.
        at: Instant,
    },
    /// Nobody can tell.
    Held {
        /// Since when.
        since: Instant,
    },
    /// The provider refused it for good.
    Refused {
        /// Why, for people.
        reason: String,
    },
}
