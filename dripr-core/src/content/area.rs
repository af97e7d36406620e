//! Content that campaigns of one area share for a day.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Listing, LocalMarket, Sale, Words, ZipCode};
use crate::ids::UserId;

/// A kind of shared content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaKind {
    /// Homes for sale.
    ActiveListings,
    /// Homes sold.
    RecentSales,
    /// Market statistics and mortgage rate.
    LocalMarketData,
    /// One agent's opening words for homeowners of the area.
    Intro,
    /// One agent's opening words for readers without a home there.
    IntroWithoutHome,
}

impl AreaKind {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ActiveListings => "active_listings",
            Self::RecentSales => "recent_sales",
            Self::LocalMarketData => "local_market_data",
            Self::Intro => "intro",
            Self::IntroWithoutHome => "intro_without_home",
        }
    }
}

/// Names one piece of shared content: a kind, a ZIP code and a day, and for intros the agent who speaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AreaKey {
    /// The kind.
    pub kind: AreaKind,
    /// The agent, for intros; public facts are shared across agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The ZIP code.
    pub zip_code: ZipCode,
    /// The civil day in the sending zone.
    pub day: NaiveDate,
}

/// Shared content of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaContent {
    /// Homes for sale, nearest first.
    ActiveListings(Vec<Listing>),
    /// Homes sold, latest first.
    RecentSales(Vec<Sale>),
    /// Market statistics and mortgage rate.
    LocalMarketData(LocalMarket),
    /// The opening words for homeowners.
    Intro(Words),
    /// The opening words for readers without a home.
    IntroWithoutHome(Words),
}

impl AreaContent {
    /// Which kind this is.
    #[must_use]
    pub const fn kind(&self) -> AreaKind {
        match self {
            Self::ActiveListings(_) => AreaKind::ActiveListings,
            Self::RecentSales(_) => AreaKind::RecentSales,
            Self::LocalMarketData(_) => AreaKind::LocalMarketData,
            Self::Intro(_) => AreaKind::Intro,
            Self::IntroWithoutHome(_) => AreaKind::IntroWithoutHome,
        }
    }
}
