//! The seven operations of a cycle and how each stands.

use serde::{Deserialize, Serialize};

use super::{CampaignStatus, SubStatus};
use crate::{content::AreaKey, schedule::Instant};

/// One piece of a cycle's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Find and value the home.
    Property,
    /// Homes for sale around the ZIP code's centre.
    ActiveListings,
    /// Homes sold around the ZIP code's centre.
    RecentSales,
    /// Statistics, price trend and interest rate of the ZIP code.
    LocalMarketData,
    /// The opening words.
    Intro,
    /// The words about the home.
    HomeReport,
    /// Render the email and store it.
    EmailCreation,
}

impl Operation {
    /// Every operation, in the order in which people see them done.
    pub const ALL: [Self; 7] = [
        Self::Property,
        Self::ActiveListings,
        Self::RecentSales,
        Self::LocalMarketData,
        Self::Intro,
        Self::HomeReport,
        Self::EmailCreation,
    ];

    /// The operations that begin with a status.
    #[must_use]
    pub const fn of_status(status: CampaignStatus) -> &'static [Self] {
        match status {
            CampaignStatus::WaitingForData => {
                &[Self::Property, Self::ActiveListings, Self::RecentSales, Self::LocalMarketData, Self::Intro]
            }
            CampaignStatus::WaitingForHomeAnalysis => &[Self::HomeReport],
            CampaignStatus::ReadyToCreateEmail => &[Self::EmailCreation],
            CampaignStatus::Dormant
            | CampaignStatus::ReadyToSendEmail
            | CampaignStatus::Unsubscribed
            | CampaignStatus::Error => &[],
        }
    }

    /// The status in which this operation is done.
    #[must_use]
    pub const fn status(self) -> CampaignStatus {
        match self {
            Self::Property
            | Self::ActiveListings
            | Self::RecentSales
            | Self::LocalMarketData
            | Self::Intro => CampaignStatus::WaitingForData,
            Self::HomeReport => CampaignStatus::WaitingForHomeAnalysis,
            Self::EmailCreation => CampaignStatus::ReadyToCreateEmail,
        }
    }

    /// The column that stores the operation's sub-status.
    #[must_use]
    pub const fn column(self) -> &'static str {
        match self {
            Self::Property => "property_status",
            Self::ActiveListings => "active_listing_status",
            Self::RecentSales => "recent_sale_status",
            Self::LocalMarketData => "local_market_data_status",
            Self::Intro => "intro_status",
            Self::HomeReport => "home_report_analysis_status",
            Self::EmailCreation => "email_creation_status",
        }
    }

    /// The operation's name in logs, explanations and stored content.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Property => "property",
            Self::ActiveListings => "active_listings",
            Self::RecentSales => "recent_sales",
            Self::LocalMarketData => "local_market_data",
            Self::Intro => "intro",
            Self::HomeReport => "home_report",
            Self::EmailCreation => "email_creation",
        }
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Work in hand: whoever holds the newest `fence` may store its result, until the lease runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Grows with every lease of the campaign; a result with an older one is refused.
    pub fence: u64,
    /// When the work counts as abandoned.
    pub until: Instant,
}

/// What a finished operation brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provision {
    /// Stored with this campaign and cycle.
    Own,
    /// Stored once for all campaigns of an area and day.
    Shared(AreaKey),
    /// Older content of the same kind, because today's could not be had; it says its own date.
    Stale(AreaKey),
    /// Nothing truthful could be had; the reason is for people.
    Omitted(String),
}

/// How one operation of one campaign stands in this cycle.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OperationState {
    /// Its stored sub-status.
    pub status: SubStatus,
    /// Attempts that failed or were lost in this cycle.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u8,
    /// A retry or a deferral waits for this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Instant>,
    /// Work in hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// What it brought, once READY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision: Option<Provision>,
    /// Why its last attempt failed, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

impl OperationState {
    /// Whether the operation may be begun: nobody has it in hand, and no pause holds it.
    #[must_use]
    pub fn may_start(&self, now: Instant) -> bool {
        self.status == SubStatus::WaitingForData
            && self.lease.is_none_or(|lease| lease.until <= now)
            && self.not_before.is_none_or(|later| later <= now)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(n: &u8) -> bool {
    *n == 0
}

/// The seven operations of one campaign.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Operations([OperationState; 7]);

impl std::ops::Index<Operation> for Operations {
    type Output = OperationState;
    fn index(&self, operation: Operation) -> &OperationState {
        &self.0[operation as usize]
    }
}

impl std::ops::IndexMut<Operation> for Operations {
    fn index_mut(&mut self, operation: Operation) -> &mut OperationState {
        &mut self.0[operation as usize]
    }
}

impl Operations {
    /// What entering a status does to the operations: its own wait for data, the later ones go dormant.
    pub fn enter(&mut self, status: CampaignStatus) {
        match status {
            CampaignStatus::WaitingForData
            | CampaignStatus::WaitingForHomeAnalysis
            | CampaignStatus::ReadyToCreateEmail => {
                for operation in Operation::ALL {
                    if operation.status() == status {
                        self[operation] =
                            OperationState { status: SubStatus::WaitingForData, ..OperationState::default() };
                    } else if operation.status() > status {
                        self[operation] = OperationState::default();
                    }
                }
            }
            CampaignStatus::Dormant => self.0 = Default::default(),
            CampaignStatus::ReadyToSendEmail | CampaignStatus::Unsubscribed | CampaignStatus::Error => {}
        }
    }

    /// Begins again with the data that was left out; what was had is kept.
    pub(super) fn fetch_again(&mut self) {
        for operation in Operation::ALL {
            if operation.status() > CampaignStatus::WaitingForData {
                self[operation] = OperationState::default();
            } else if matches!(self[operation].provision, Some(Provision::Omitted(_))) {
                self[operation] =
                    OperationState { status: SubStatus::WaitingForData, ..OperationState::default() };
            }
        }
    }

    /// The operations of a status that are still to be done.
    pub fn pending(&self, status: CampaignStatus) -> impl Iterator<Item = Operation> + '_ {
        Operation::of_status(status)
            .iter()
            .copied()
            .filter(|operation| self[*operation].status == SubStatus::WaitingForData)
    }

    /// Whether all operations of a status are READY.
    #[must_use]
    pub fn all_ready(&self, status: CampaignStatus) -> bool {
        Operation::of_status(status).iter().all(|operation| self[*operation].status == SubStatus::Ready)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entering_a_status_sets_its_own_operations_and_clears_the_later_ones() {
        let mut operations = Operations::default();
        for operation in Operation::ALL {
            operations[operation].status = SubStatus::Ready;
        }
        operations.enter(CampaignStatus::WaitingForHomeAnalysis);
        assert_eq!(operations[Operation::Property].status, SubStatus::Ready);
        assert_eq!(operations[Operation::HomeReport].status, SubStatus::WaitingForData);
        assert_eq!(operations[Operation::EmailCreation].status, SubStatus::Dormant);
    }

    #[test]
    fn every_operation_belongs_to_exactly_one_status() {
        for operation in Operation::ALL {
            let homes = CampaignStatus::ALL
                .iter()
                .filter(|status| Operation::of_status(**status).contains(&operation))
                .count();
            assert_eq!(homes, 1, "{operation}");
        }
    }
}
