//! Counting what a writer's texts cost.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use dripr_core::{
    content::Words,
    errors::PortResult,
    guard::Objection,
    ports::{Allowance, HomeReportFacts, IntroFacts, LlmWriter},
};

use super::Metrics;

/// Counts the tokens and the dollars of each text that a writer gives. What a call cost that gave no text is not known.
pub struct Spending {
    provider: &'static str,
    writer: Arc<dyn LlmWriter>,
    metrics: Metrics,
}

impl Spending {
    /// Counts for a provider.
    pub fn new(provider: &'static str, writer: Arc<dyn LlmWriter>, metrics: Metrics) -> Self {
        Self { provider, writer, metrics }
    }

    fn count(&self, words: Words) -> Words {
        if let Some(usage) = words.usage {
            self.metrics.spent(self.provider, usage);
        }
        words
    }
}

impl fmt::Debug for Spending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spending").field("provider", &self.provider).finish_non_exhaustive()
    }
}

#[async_trait]
impl LlmWriter for Spending {
    async fn intro(
        &self,
        facts: &IntroFacts,
        objections: &[Objection],
        allowance: &Allowance,
    ) -> PortResult<Words> {
        Ok(self.count(self.writer.intro(facts, objections, allowance).await?))
    }

    async fn home_report(
        &self,
        facts: &HomeReportFacts,
        objections: &[Objection],
        allowance: &Allowance,
    ) -> PortResult<Words> {
        Ok(self.count(self.writer.home_report(facts, objections, allowance).await?))
    }
}
