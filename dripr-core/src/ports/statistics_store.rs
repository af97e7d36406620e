//! Who counts what agents achieved.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::{
    access::Reach,
    errors::PortResult,
    ids::UserId,
    statistics::{Achieved, Period, Pieces, Statistics},
};

/// Counts what a store holds of some agents. Whoever was removed has nothing.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait StatisticsStore: Send + Sync {
    /// How the mail of the agents in reach stands, and what became of it in a period. What it costs grows with their contacts and
    /// campaigns, and with what was sent and came back in the period, not with what is stored of others or from before.
    async fn statistics(&self, of: &Reach, period: Period) -> PortResult<Statistics>;

    /// The same of each of some agents, in as many statements as for all of them together. Each who is asked for is in the answer.
    async fn statistics_of_each(
        &self,
        agents: &BTreeSet<UserId>,
        period: Period,
    ) -> PortResult<BTreeMap<UserId, Statistics>>;

    /// What became of the mail of the agents in reach, for each piece of some days. An email of which the same came back in several
    /// of the pieces counts in the first of these alone, so that the pieces together are what [`statistics`](Self::statistics)
    /// counts of all these days. It costs what that does.
    async fn series(&self, of: &Reach, pieces: &Pieces) -> PortResult<Vec<Achieved>>;
}
