//! The agent: the tenant on whose behalf mail is sent.

mod subscription;

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use subscription::Subscription;

use crate::{
    access::Membership,
    agent_mail::Progress,
    billing::Billing,
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
    /// The valid physical postal address that commercial mail must carry (15 U.S.C. 7704(a)(5)(A)(iii)). Nothing is sent
    /// while it is empty.
    pub postal_address: String,
    /// Whether and how the agent pays.
    pub subscription_status: Subscription,
    /// What the billing provider told of their subscriptions, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<Billing>,
    /// Present for an agent whom a partner manages; such agents get no welcome mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_client_id: Option<String>,
    /// The partner whom an operator named, of an agent whose account somebody else keeps too: theirs where the account has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_client_id: Option<String>,
    /// The brokerage and team whose admins and leads may act for the agent.
    #[serde(default, skip_serializing_if = "Membership::is_none")]
    pub membership: Membership,
    /// Zone, window and numbers of this agent where they differ from the deployment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending_rules: Option<SendingRules>,
    /// The agent's choice for an email whose outcome stays unknown.
    #[serde(default)]
    pub unknown_outcome: UnknownOutcome,
    /// Why nothing of the agent's is sent for now, whatever they pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Pause>,
    /// When an operator last resumed their sending: complaints of before it do not stop it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_at: Option<Instant>,
    /// How the welcome mail stands.
    #[serde(default)]
    pub welcome: Progress,
    /// When the account was made.
    pub created_at: Instant,
    /// When names, address or client were changed last where accounts are kept, if somebody else keeps them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_changed_at: Option<Instant>,
    /// Whether the account is banned where accounts are kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub banned: bool,
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

    /// Whether somebody else keeps the account, such as a sign-in service: the address is what they checked.
    #[must_use]
    pub const fn is_kept_elsewhere(&self) -> bool {
        self.account_changed_at.is_some()
    }

    /// Whether the agent's mail may go out at an instant, and if not, why.
    ///
    /// # Errors
    /// The reason, for people.
    pub fn may_send(&self, now: Instant) -> Result<(), &'static str> {
        self.stopped_by(now).map_or(Ok(()), |stop| Err(stop.sentence()))
    }

    /// What keeps the agent's mail from going out at an instant: of several reasons, the one that the agent has to be told first.
    #[must_use]
    pub fn stopped_by(&self, now: Instant) -> Option<Stop> {
        self.stops(now).next()
    }

    /// Everything that keeps the agent's mail from going out at an instant.
    pub fn stops(&self, now: Instant) -> impl Iterator<Item = Stop> {
        let is_late = matches!(self.subscription_status, Subscription::PastDue { .. });
        let is_too_late = is_late && self.lapses_at().is_none_or(|end| end <= now);
        let stops = [
            self.deleted_at.map(|_| Stop::Removed),
            self.banned.then_some(Stop::Banned),
            self.subscription_status.stop(),
            is_too_late.then_some(Stop::PaymentLate),
            self.paused.as_ref().map(|pause| Stop::Paused(pause.cause)),
            self.has_no_postal_address().then_some(Stop::NoPostalAddress),
        ];
        stops.into_iter().flatten()
    }

    /// Stops all that the agent sends. `false`, and nothing changed, if it is stopped already: only what an admin stopped is stopped
    /// anew by an operator or for complaints, since the admin could lift it.
    pub fn pause(&mut self, pause: Pause) -> bool {
        let is_lifted_by_admins = pause.cause == PauseCause::Admin;
        if self.paused.as_ref().is_some_and(|known| is_lifted_by_admins || known.cause != PauseCause::Admin) {
            return false;
        }
        self.paused = Some(pause);
        true
    }

    /// When time alone will stop the agent's mail.
    #[must_use]
    pub fn lapses_at(&self) -> Option<Instant> {
        let Subscription::PastDue { since } = self.subscription_status else { return None };
        since.checked_add_signed(TimeDelta::from_std(PAST_DUE_GRACE).unwrap_or_default())
    }

    /// Whether anything that decisions look at is different from what was known: the agent's campaigns are due then.
    #[must_use]
    pub fn decides_otherwise_than(&self, known: &Self) -> bool {
        self.subscription_status != known.subscription_status
            || self.sending_rules != known.sending_rules
            || self.paused != known.paused
            || self.banned != known.banned
            || self.deleted_at != known.deleted_at
            || self.has_no_postal_address() != known.has_no_postal_address()
    }

    fn has_no_postal_address(&self) -> bool {
        self.postal_address.trim().is_empty()
    }
}

/// What keeps an agent's mail from going out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The account was removed.
    Removed,
    /// The account is banned where accounts are kept.
    Banned,
    /// There is no subscription yet.
    NotSubscribed,
    /// The first payment is not made yet.
    Incomplete,
    /// The first payment was never made.
    NeverPaid,
    /// The payment is later than [`PAST_DUE_GRACE`].
    PaymentLate,
    /// The subscription has ended.
    Canceled,
    /// The subscription was given up on.
    Unpaid,
    /// The subscription is paused.
    SubscriptionPaused,
    /// The subscription is in a state that this version does not know.
    UnknownSubscription,
    /// Sending was stopped.
    Paused(PauseCause),
    /// There is no postal address, which every email must show.
    NoPostalAddress,
}

impl Stop {
    /// The same for people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Removed => "the agent's account was removed",
            Self::Banned => "the agent's account is banned where they sign in",
            Self::NotSubscribed => "the agent has no subscription yet",
            Self::Incomplete => "the first payment of the agent's subscription is not made yet",
            Self::NeverPaid => "the agent's subscription has ended: its first payment was never made",
            Self::PaymentLate => "the agent's payment is more than 7 days late",
            Self::Canceled => "the agent's subscription has ended",
            Self::Unpaid => "the agent's subscription is unpaid",
            Self::SubscriptionPaused => "the agent's subscription is paused",
            Self::UnknownSubscription => {
                "the agent's subscription is in a state that this version of dripr does not know"
            }
            Self::Paused(cause) => cause.sentence(),
            Self::NoPostalAddress => {
                "the agent has given no postal address yet, and every email must show one"
            }
        }
    }
}

/// A stop of all that an agent sends, which lasts until an operator lifts it, or an admin what an admin wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Since when.
    pub since: Instant,
    /// Why.
    pub cause: PauseCause,
    /// What exactly happened, for people.
    pub detail: String,
}

/// Why all that an agent sends was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseCause {
    /// Too many recipients reported the mail as spam.
    Complaints,
    /// An operator wanted it.
    Operator,
    /// An admin of the agent's brokerage wanted it.
    Admin,
}

impl PauseCause {
    /// The same for people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Complaints => {
                "sending is paused: too many recipients reported the agent's mail as spam; an operator can resume it"
            }
            Self::Operator => "sending is paused by an operator",
            Self::Admin => "sending is paused by an admin of the agent's brokerage",
        }
    }
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
