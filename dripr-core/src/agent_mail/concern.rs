//! What stops an agent's mail or soon will, and what only the agent or an operator can mend.

use serde::{Deserialize, Serialize};

use crate::{
    agent::{Agent, Stop, Subscription},
    mail_account::Grant,
    schedule::Instant,
};

/// Something that stops all of an agent's mail, or soon will. Each time one arises the agent is told of it, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "concern")]
pub enum Concern {
    /// The agent's own mail account cannot be used any more: consent was taken back or ran out.
    AccountLost {
        /// Since when.
        since: Instant,
    },
    /// A payment of the subscription failed. Mail goes on until [`Agent::lapses_at`].
    PaymentFailed,
    /// The subscription has ended, or its payment is too late.
    SubscriptionEnded,
    /// Sending was stopped, for the reason that the agent's [`Pause`](crate::agent::Pause) gives.
    SendingPaused {
        /// Since when.
        since: Instant,
    },
}

impl Concern {
    /// What stops an agent's mail at a moment, or soon will.
    #[must_use]
    pub fn of(agent: &Agent, grant: Option<&Grant>, now: Instant) -> Vec<Self> {
        let mut concerns = Vec::new();
        if let Some(Grant::Revoked { since, .. }) = grant {
            concerns.push(Self::AccountLost { since: *since });
        }
        match agent.stopped_by(now) {
            Some(
                Stop::PaymentLate
                | Stop::Canceled
                | Stop::Unpaid
                | Stop::NeverPaid
                | Stop::SubscriptionPaused
                | Stop::UnknownSubscription,
            ) => concerns.push(Self::SubscriptionEnded),
            // Who has only just begun knows.
            Some(
                Stop::NotSubscribed
                | Stop::Incomplete
                | Stop::NoPostalAddress
                | Stop::Paused(_)
                | Stop::Banned
                | Stop::Removed,
            )
            | None => {}
        }
        // Others may have told us of it before their clock and ours agree that it was.
        let is_late = matches!(agent.subscription_status, Subscription::PastDue { since } if since <= now);
        if is_late && agent.deleted_at.is_none() && agent.lapses_at().is_some_and(|end| now < end) {
            concerns.push(Self::PaymentFailed);
        }
        if let Some(pause) = &agent.paused {
            concerns.push(Self::SendingPaused { since: pause.since });
        }
        concerns
    }

    /// A short stable name, part of the mail's id.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountLost { .. } => "account",
            Self::PaymentFailed => "payment",
            Self::SubscriptionEnded => "subscription",
            Self::SendingPaused { .. } => "pause",
        }
    }
}
