//! What is announced, and the form in which it travels.
//!
//! An event on the wire is `{"event_type": "...", "payload": {...}}`. Older publishers send neither id, version nor
//! cycle; unknown fields are ignored, so that either side may add some.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    campaign::{CampaignStatus, Operation},
    content::ZipCode,
    email::EmailAddress,
    ids::{CampaignId, EventId, UserId},
    schedule::{Cycle, Instant},
};

/// Something that happened, as it is published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event_type", content = "payload")]
pub enum Event {
    /// A campaign changed its status, or its present status's work is announced again.
    #[serde(rename = "STATUS_CHANGE")]
    StatusChanged(StatusChanged),
    /// An agent's account was made.
    #[serde(rename = "USER_CREATED")]
    UserCreated(UserCreated),
}

/// A campaign changed its status. Where both statuses are equal, the work of that status is announced again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusChanged {
    /// The event's id; a queue gives one to events of older publishers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Its ZIP code.
    pub zip_code: ZipCode,
    /// The status before.
    pub from_status: CampaignStatus,
    /// The status now.
    pub to_status: CampaignStatus,
    /// When.
    pub timestamp: Instant,
    /// The campaign's version with this change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The cycle it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Cycle>,
    /// The operations it wakes; absent means all of the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<Vec<Operation>>,
}

/// An agent's account was made.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct UserCreated {
    /// The event's id; a queue gives one to events of older publishers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The agent.
    pub user_id: UserId,
    /// The agent's address.
    pub email: EmailAddress,
    /// First name.
    #[serde(default)]
    pub first_name: String,
    /// Last name.
    #[serde(default)]
    pub last_name: String,
    /// Present for agents whom a partner manages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_client_id: Option<String>,
    /// When.
    pub timestamp: Instant,
}

/// Personal data stays out of logs.
impl fmt::Debug for UserCreated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserCreated").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// A queue of deliveries, one for each handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// Wakes the property handler.
    PropertyValuation,
    /// Wakes the active listings handler.
    ActiveListings,
    /// Wakes the recent sales handler.
    RecentSales,
    /// Wakes the local market data handler.
    LocalMarketUpdates,
    /// Wakes the intro handler.
    Intro,
    /// Wakes the home report handler.
    HomeReport,
    /// Wakes the email creation handler.
    EmailCreation,
    /// Wakes the email sending handler.
    EmailSending,
    /// Wakes the welcome handler.
    WelcomeEmails,
}

impl Event {
    /// Its id, if its publisher gave it one.
    #[must_use]
    pub fn id(&self) -> Option<&EventId> {
        match self {
            Self::StatusChanged(event) => event.event_id.as_ref(),
            Self::UserCreated(event) => event.event_id.as_ref(),
        }
    }

    /// The same event; one without an id gets this one.
    #[must_use]
    pub fn or_id(mut self, id: impl FnOnce() -> Option<EventId>) -> Self {
        let own = match &mut self {
            Self::StatusChanged(event) => &mut event.event_id,
            Self::UserCreated(event) => &mut event.event_id,
        };
        if own.is_none() {
            *own = id();
        }
        self
    }
}

impl Queue {
    /// Every queue. The order is that in which one step works through them.
    pub const ALL: [Self; 9] = [
        Self::LocalMarketUpdates,
        Self::ActiveListings,
        Self::RecentSales,
        Self::PropertyValuation,
        Self::Intro,
        Self::HomeReport,
        Self::EmailCreation,
        Self::EmailSending,
        Self::WelcomeEmails,
    ];

    /// The queue of an operation.
    #[must_use]
    pub const fn of(operation: Operation) -> Self {
        match operation {
            Operation::Property => Self::PropertyValuation,
            Operation::ActiveListings => Self::ActiveListings,
            Operation::RecentSales => Self::RecentSales,
            Operation::LocalMarketData => Self::LocalMarketUpdates,
            Operation::Intro => Self::Intro,
            Operation::HomeReport => Self::HomeReport,
            Operation::EmailCreation => Self::EmailCreation,
        }
    }

    /// The queues into which an event is fanned out.
    #[must_use]
    pub fn woken_by(event: &Event) -> Vec<Self> {
        match event {
            Event::UserCreated(_) => vec![Self::WelcomeEmails],
            Event::StatusChanged(change) => {
                Self::woken_by_change(change.from_status, change.to_status, change.operations.as_deref())
            }
        }
    }

    /// The statuses whose announcement can wake this queue. Whoever filters what reaches it by status lets these through.
    ///
    /// ```
    /// use dripr_core::{campaign::CampaignStatus, events::Queue};
    ///
    /// assert_eq!(Queue::HomeReport.statuses(), [CampaignStatus::WaitingForHomeAnalysis]);
    /// assert!(Queue::EmailSending.statuses().contains(&CampaignStatus::Unsubscribed));
    /// assert!(Queue::WelcomeEmails.statuses().is_empty());
    /// ```
    #[must_use]
    pub fn statuses(self) -> Vec<CampaignStatus> {
        let wakes = |to: &CampaignStatus| {
            let mut from = CampaignStatus::ALL.into_iter();
            from.any(|from| Self::woken_by_change(from, *to, None).contains(&self))
        };
        CampaignStatus::ALL.into_iter().filter(wakes).collect()
    }

    fn woken_by_change(
        from: CampaignStatus,
        to: CampaignStatus,
        operations: Option<&[Operation]>,
    ) -> Vec<Self> {
        match to {
            CampaignStatus::ReadyToSendEmail => vec![Self::EmailSending],
            // A live attempt is looked up by the sender, wherever its campaign stands.
            CampaignStatus::Unsubscribed if from == CampaignStatus::Unsubscribed => vec![Self::EmailSending],
            status => {
                let all = Operation::of_status(status);
                let woken = operations.unwrap_or(all);
                all.iter().filter(|operation| woken.contains(operation)).map(|o| Self::of(*o)).collect()
            }
        }
    }

    /// The name in configuration and in an in-database queue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PropertyValuation => "property_valuation",
            Self::ActiveListings => "active_listings",
            Self::RecentSales => "recent_sales",
            Self::LocalMarketUpdates => "local_market_updates",
            Self::Intro => "intro",
            Self::HomeReport => "home_report",
            Self::EmailCreation => "email_creation",
            Self::EmailSending => "email_sending",
            Self::WelcomeEmails => "welcome_emails",
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Queue {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|queue| queue.as_str() == name)
            .ok_or_else(|| format!("queue {name:?} is not known"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_an_older_publisher_is_understood() {
        let text = r#"{"event_type":"STATUS_CHANGE","payload":{"campaign_id":"42","zip_code":"98103",
            "from_status":"DORMANT","to_status":"WAITING_FOR_DATA","timestamp":"2026-03-01T16:00:00Z","extra":1}}"#;
        let event: Event = serde_json::from_str(text).unwrap();
        let Event::StatusChanged(change) = &event else { panic!("a status change") };
        assert_eq!(change.to_status, CampaignStatus::WaitingForData);
        assert_eq!(change.version, None);
        assert_eq!(Queue::woken_by(&event).len(), 5);
    }

    #[test]
    fn every_operation_has_a_queue_of_its_own() {
        let queues: std::collections::HashSet<_> = Operation::ALL.into_iter().map(Queue::of).collect();
        assert_eq!(queues.len(), Operation::ALL.len());
    }
}
