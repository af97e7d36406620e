//! Who writes the words.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;

use super::Allowance;
use crate::{
    content::{LocalMarket, Property, Words, ZipCode},
    errors::PortResult,
    guard::Objection,
};

/// Writes plain text from facts: a language model, or a composer that needs none.
///
/// What it writes is untrusted until [`guard`](crate::guard) has checked it against the facts. If something is found, it is
/// asked once more, with the objections.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait LlmWriter: Send + Sync {
    /// The opening words of one agent for one ZIP code and day. No names: those come from the template.
    async fn intro(
        &self,
        facts: &IntroFacts,
        objections: &[Objection],
        allowance: &Allowance,
    ) -> PortResult<Words>;

    /// The words about one home.
    async fn home_report(
        &self,
        facts: &HomeReportFacts,
        objections: &[Objection],
        allowance: &Allowance,
    ) -> PortResult<Words>;
}

/// What an intro is written from.
#[derive(Debug, Clone, PartialEq)]
pub struct IntroFacts {
    /// The ZIP code.
    pub zip_code: ZipCode,
    /// Whether those who read it own a home there that the rest of the report is about; if not, it is about the area alone.
    pub has_home: bool,
    /// The day of the report.
    pub as_of: NaiveDate,
    /// The market and the mortgage rate.
    pub market: LocalMarket,
}

/// What a home report is written from.
#[derive(Debug, Clone, PartialEq)]
pub struct HomeReportFacts {
    /// The day of the report.
    pub as_of: NaiveDate,
    /// The home and its value.
    pub property: Arc<Property>,
    /// The home as the last report had it, to say what changed.
    pub before: Option<Arc<Property>>,
}
