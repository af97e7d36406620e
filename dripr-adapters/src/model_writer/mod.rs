//! Words by a language model.
//!
//! [`ModelWriter`] makes the prompt, any [`LanguageModel`] answers it. Prompts are files (`prompts/v1/`); a change that
//! changes what models write gets a new folder, so that it can be told which one a text came from. There is one for
//! campaigns about a home and one for those about an area alone.
//!
//! What is asked is one JSON document of facts. It holds no name, no address and no text from anybody else, so nobody
//! can put an instruction into it. What comes back is checked by [`dripr_core::guard`], not here.

mod facts;
mod language_model;
mod prompts;

pub use language_model::{Completion, LanguageModel, Prompt};

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use dripr_core::{
    content::{Author, Usage, Words},
    errors::PortResult,
    guard::Objection,
    ports::{Allowance, HomeReportFacts, IntroFacts, LlmWriter},
};

/// The version of the prompts, as texts are marked with it.
pub const PROMPTS: &str = prompts::VERSION;

/// What a model's tokens cost, in dollars for a million.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices {
    /// Tokens read.
    pub input: f64,
    /// Tokens written.
    pub output: f64,
}

/// A writer that asks a language model.
pub struct ModelWriter {
    model: Arc<dyn LanguageModel>,
    prices: Option<Prices>,
}

impl ModelWriter {
    /// A writer by a model. With its prices, texts say what they cost.
    pub fn new(model: Arc<dyn LanguageModel>, prices: Option<Prices>) -> Self {
        Self { model, prices }
    }

    async fn write(&self, prompt: Prompt, allowance: &Allowance) -> PortResult<Words> {
        let Completion { text, input_tokens, output_tokens } =
            self.model.complete(&prompt, allowance).await?;
        // A dollar for a million tokens is a millionth of a dollar for each.
        let microdollars = self.prices.map(|prices| {
            let cost = prices.input * input_tokens as f64 + prices.output * output_tokens as f64;
            cost.max(0.0).ceil() as u64
        });
        let author = Author::Model(format!("{}, prompts {PROMPTS}", self.model.name()));
        let usage = Some(Usage { input_tokens, output_tokens, microdollars });
        Ok(Words { usage, ..Words::new(text.trim(), author) })
    }
}

impl fmt::Debug for ModelWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelWriter").field("model", &self.model.name()).finish_non_exhaustive()
    }
}

#[async_trait]
impl LlmWriter for ModelWriter {
    async fn intro(
        &self,
        facts: &IntroFacts,
        objections: &[Objection],
        allowance: &Allowance,
    ) -> PortResult<Words> {
        self.write(prompts::intro(facts, objections), allowance).await
    }

    async fn home_report(
        &self,
        facts: &HomeReportFacts,
        objections: &[Objection],
        allowance: &Allowance,
    ) -> PortResult<Words> {
        self.write(prompts::home_report(facts, objections), allowance).await
    }
}
