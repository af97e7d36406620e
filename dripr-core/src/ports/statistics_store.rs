//! Who counts what agents achieved.

use async_trait::async_trait;

use crate::{
    access::Reach,
    errors::PortResult,
    statistics::{Period, Statistics},
};

/// Counts what a store holds of some agents.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait StatisticsStore: Send + Sync {
    /// How the mail of the agents in reach stands, and what became of it in a period. What it costs grows with their contacts and
    /// campaigns, and with what was sent and came back in the period, not with what is stored of others or from before.
    async fn statistics(&self, of: &Reach, period: Period) -> PortResult<Statistics>;
}
