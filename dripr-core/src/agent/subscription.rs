//! How an agent's subscription stands.

use serde::{Deserialize, Serialize};

use super::Stop;
use crate::schedule::Instant;

/// The state of an agent's subscription, in the billing provider's words (Stripe's: `docs.stripe.com/api/subscriptions/object`).
///
/// Only what is paid, not yet to be paid, or late for a short time lets mail go out. A state that was invented later stops it.
///
/// ```
/// use dripr_core::agent::Subscription;
/// let known: Subscription = serde_json::from_str(r#"{"status": "incomplete"}"#)?;
/// assert_eq!(known, Subscription::Incomplete);
/// let later: Subscription = serde_json::from_str(r#"{"status": "on_the_moon"}"#)?;
/// assert_eq!(later, Subscription::Other);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Subscription {
    /// There is none yet.
    None,
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
    /// The first payment is not made yet.
    Incomplete,
    /// The first payment was never made; it has ended.
    IncompleteExpired,
    /// Its trial ended without a way to pay, or it was paused.
    Paused,
    /// A state that this version does not know.
    #[serde(other)]
    Other,
}

impl Subscription {
    /// Its stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Active => "active",
            Self::Trialing => "trialing",
            Self::PastDue { .. } => "past_due",
            Self::Canceled => "canceled",
            Self::Unpaid => "unpaid",
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Paused => "paused",
            Self::Other => "other",
        }
    }

    /// The state of a name, since when where a payment is late. An unknown name is [`Subscription::Other`].
    #[must_use]
    pub fn named(name: &str, since: Instant) -> Self {
        match name {
            "none" => Self::None,
            "active" => Self::Active,
            "trialing" => Self::Trialing,
            "past_due" => Self::PastDue { since },
            "canceled" => Self::Canceled,
            "unpaid" => Self::Unpaid,
            "incomplete" => Self::Incomplete,
            "incomplete_expired" => Self::IncompleteExpired,
            "paused" => Self::Paused,
            _ => Self::Other,
        }
    }

    /// Whether it is over for good: no provider lets such a one begin again.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }

    /// How much it protects from mail that nobody pays for: of two that cannot be told apart by time, the greater counts.
    #[must_use]
    pub(crate) const fn caution(self) -> u8 {
        match self {
            Self::Active => 0,
            Self::Trialing => 1,
            Self::PastDue { .. } => 2,
            Self::Paused => 3,
            Self::Incomplete => 4,
            Self::Other => 5,
            Self::None => 6,
            Self::Unpaid => 7,
            Self::IncompleteExpired => 8,
            Self::Canceled => 9,
        }
    }

    /// What it stops by itself, however late it is.
    pub(super) const fn stop(self) -> Option<Stop> {
        match self {
            Self::Active | Self::Trialing | Self::PastDue { .. } => None,
            Self::None => Some(Stop::NotSubscribed),
            Self::Canceled => Some(Stop::Canceled),
            Self::Unpaid => Some(Stop::Unpaid),
            Self::Incomplete => Some(Stop::Incomplete),
            Self::IncompleteExpired => Some(Stop::NeverPaid),
            Self::Paused => Some(Stop::SubscriptionPaused),
            Self::Other => Some(Stop::UnknownSubscription),
        }
    }
}
