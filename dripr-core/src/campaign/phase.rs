//! The simple view for people, derived and never stored.

use serde::Serialize;

use super::{Campaign, CampaignStatus, Operation, SubStatus};
use crate::email::{DeliveryStatus, Email};

/// Where a campaign stands, in words for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// Waits for its month.
    Dormant,
    /// A report is being made.
    Processing,
    /// A report waits for the agent.
    ReadyForReview,
    /// A report waits for its time, or is on its way.
    ReadyToSend,
    /// This cycle's report was accepted, the next one is not begun.
    Sent,
    /// Somebody has to look.
    Error,
    /// The recipient gets no mail.
    Unsubscribed,
}

/// What is being done while a report is made: the first unfinished part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The home and its value.
    PropertyData,
    /// Homes for sale.
    ActiveListings,
    /// Homes sold.
    RecentSales,
    /// The market and the opening words.
    MarketData,
    /// The words about the home.
    HomeAnalysis,
    /// The email.
    EmailCreation,
    /// Nothing.
    Idle,
}

impl Phase {
    /// The view of a campaign and its present email.
    #[must_use]
    pub fn of(campaign: &Campaign, email: Option<&Email>) -> (Self, Stage) {
        let phase = match campaign.status {
            CampaignStatus::Dormant => match campaign.last_cycle {
                Some(last) if last.sent.is_some() => Self::Sent,
                _ => Self::Dormant,
            },
            CampaignStatus::WaitingForData | CampaignStatus::WaitingForHomeAnalysis => Self::Processing,
            CampaignStatus::ReadyToCreateEmail => match email.map(|email| email.delivery_status) {
                Some(DeliveryStatus::Created) => Self::ReadyForReview,
                Some(DeliveryStatus::Approved) => Self::ReadyToSend,
                _ => Self::Processing,
            },
            CampaignStatus::ReadyToSendEmail => Self::ReadyToSend,
            CampaignStatus::Unsubscribed => Self::Unsubscribed,
            CampaignStatus::Error => Self::Error,
        };
        let stage = if phase == Self::Processing { Stage::of(campaign) } else { Stage::Idle };
        (phase, stage)
    }
}

impl Stage {
    fn of(campaign: &Campaign) -> Self {
        let unfinished = Operation::ALL
            .into_iter()
            .find(|operation| campaign.operations[*operation].status != SubStatus::Ready);
        match unfinished {
            Some(Operation::Property) => Self::PropertyData,
            Some(Operation::ActiveListings) => Self::ActiveListings,
            Some(Operation::RecentSales) => Self::RecentSales,
            Some(Operation::LocalMarketData | Operation::Intro) => Self::MarketData,
            Some(Operation::HomeReport) => Self::HomeAnalysis,
            Some(Operation::EmailCreation) => Self::EmailCreation,
            None => Self::Idle,
        }
    }
}
