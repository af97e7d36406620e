//! What stops an agent's mail, and what only the agent or an operator can mend.

use serde::{Deserialize, Serialize};

use crate::{
    agent::{Agent, Stop},
    mail_account::Grant,
    schedule::Instant,
};

/// Something that stops all of an agent's mail. Each time one arises the agent is told of it, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "concern")]
pub enum Concern {
    /// The agent's own mail account cannot be used any more: consent was taken back or ran out.
    AccountLost {
        /// Since when.
        since: Instant,
    },
    /// The subscription has ended, or its payment is too late.
    SubscriptionEnded,
    /// Sending was stopped, for the reason that the agent's [`Pause`](crate::agent::Pause) gives.
    SendingPaused {
        /// Since when.
        since: Instant,
    },
}

impl Concern {
    /// What stops an agent's mail at a moment.
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
                | Stop::Removed,
            )
            | None => {}
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
            Self::SubscriptionEnded => "subscription",
            Self::SendingPaused { .. } => "pause",
        }
    }
}
