//! Where a campaign stands, in words for people.

use dripr_core::campaign::{Phase, Stage};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a campaign stands, in words for people.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum CampaignPhaseView {
    /// It waits for its month.
    Dormant,
    /// A report is being made.
    Processing,
    /// A report waits for the agent.
    ReadyForReview,
    /// A report waits for its time, or is on its way.
    ReadyToSend,
    /// The last report was sent, the next one is not begun.
    Sent,
    /// Somebody has to look.
    Error,
    /// The recipient gets no mail.
    Unsubscribed,
}

/// What is being done while a report is made: the first part that is not finished.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CampaignStageView {
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

macro_rules! named_alike {
    ($known:ident, $view:ident: $($name:ident),*) => {
        impl From<$known> for $view {
            fn from(known: $known) -> Self {
                match known { $($known::$name => Self::$name),* }
            }
        }
    };
}

named_alike!(
    Phase, CampaignPhaseView: Dormant, Processing, ReadyForReview, ReadyToSend, Sent, Error, Unsubscribed
);
named_alike!(
    Stage, CampaignStageView: PropertyData, ActiveListings, RecentSales, MarketData, HomeAnalysis, EmailCreation,
    Idle
);
