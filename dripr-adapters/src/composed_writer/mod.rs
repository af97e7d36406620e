//! A writer without a model: plain English put together from the facts, so that no email waits for a model.
//!
//! Every figure is one of the facts or follows from two of them (a difference, a share, a count). It speaks of homes,
//! prices, rates and dates, and of nothing else: not of payments or what anybody can afford, not of the people or the
//! character of a place, and it gives no advice. A fact that is missing or cannot be true is passed over in silence.
//!
//! The same facts give the same text. Which of several wordings is used follows from the ZIP code and the month, so
//! that the months read differently and an email rendered twice reads the same.
//!
//! ```
//! # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # rt.block_on(async {
//! use dripr_adapters::composed_writer::ComposedWriter;
//! use dripr_core::{content::{LocalMarket, MortgageRate}, ports::{Allowance, IntroFacts, LlmWriter}};
//! let as_of = "2015-03-01".parse()?;
//! let mortgage_rate = Some(MortgageRate {
//!     percent: 3.75, as_of, change_month: Some(-0.05), change_year: None, source: "a survey".into(),
//! });
//! let market = LocalMarket { statistics: None, mortgage_rate };
//! let facts = IntroFacts { zip_code: "98103".parse()?, has_home: true, as_of, market };
//! let words = ComposedWriter::new().intro(&facts, &[], &Allowance::unlimited()).await?;
//! assert!(words.text.contains("3.75%"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod home_report;
mod intro;
mod wording;

use async_trait::async_trait;
use dripr_core::{
    content::{Author, Words},
    errors::PortResult,
    guard::Objection,
    ports::{Allowance, HomeReportFacts, IntroFacts, LlmWriter},
};

/// Composes text from the facts, without a model. It never fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct ComposedWriter;

impl ComposedWriter {
    /// A writer.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

#[async_trait]
impl LlmWriter for ComposedWriter {
    async fn intro(&self, facts: &IntroFacts, _: &[Objection], _: &Allowance) -> PortResult<Words> {
        Ok(Words::new(intro::compose(facts), Author::Composed))
    }

    async fn home_report(
        &self,
        facts: &HomeReportFacts,
        _: &[Objection],
        _: &Allowance,
    ) -> PortResult<Words> {
        Ok(Words::new(home_report::compose(facts), Author::Composed))
    }
}
