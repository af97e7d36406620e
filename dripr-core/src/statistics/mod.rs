//! What an agent, a team or a brokerage achieved in some days, and in each of these days, weeks or months.

mod span;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use span::{Interval, InvalidSpan, MOST_PIECES, Piece, Pieces, Span, TooManyPieces};

use crate::{campaign::CampaignStatus, email::SuppressionCause, schedule::Instant};

/// Instants from one on, up to but without another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first instant.
    pub from: Instant,
    /// The first instant after it.
    pub until: Instant,
}

/// How some agents' mail stands, and what became of it in a period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Contacts now.
    pub contacts: u64,
    /// Campaigns in each status now; removed ones are left out.
    pub campaigns: BTreeMap<CampaignStatus, u64>,
    /// Campaigns that need their agent now.
    pub needing_agent: u64,
    /// Emails that wait for approval now.
    pub awaiting_approval: u64,
    /// Addresses that are not written to now, by cause.
    pub suppressed: BTreeMap<SuppressionCause, u64>,
    /// What became of their mail in the period.
    pub achieved: Achieved,
}

/// What became of some agents' mail in a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Achieved {
    /// Emails that were to leave in the period and were sent.
    pub sent: u64,
    /// Emails of which something came back in the period. Each counts once in each field, whenever it was sent.
    pub came_back: CameBackEmails,
    /// Addresses that opted out in the period, and did not opt in again since.
    pub opted_out: u64,
}

/// Emails of which something came back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameBackEmails {
    /// The recipient's mail server took it.
    pub delivered: u64,
    /// Its pictures were loaded, which many mail programs do by themselves.
    pub opened: u64,
    /// A link in it was followed, the one to opt out among them.
    pub clicked: u64,
    /// It came back; automatic answers of people do not count.
    pub bounced: u64,
    /// It was reported as spam.
    pub complained: u64,
}
