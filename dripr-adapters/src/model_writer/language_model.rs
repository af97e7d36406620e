//! A model that answers one prompt with one text.

use async_trait::async_trait;
use dripr_core::{errors::PortResult, ports::Allowance};

/// A language model behind some API.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// Which model, as texts and accounts name it.
    fn name(&self) -> &str;

    /// Answers a prompt. The call is taken from the allowance first.
    ///
    /// # Errors
    /// [`Fault::Garbled`](dripr_core::errors::Fault::Garbled) if the text was cut off or is none,
    /// [`Fault::Invalid`](dripr_core::errors::Fault::Invalid) if the model will not write it, and what the API says.
    async fn complete(&self, prompt: &Prompt, allowance: &Allowance) -> PortResult<Completion>;
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What it is to do.
    pub system: &'static str,
    /// The data to do it with.
    pub user: String,
    /// How many tokens it may write.
    pub most_tokens: u32,
}

impl Prompt {
    /// The question of a probe: a few words, to be answered by a few tokens. An answer that is cut off is good too.
    #[must_use]
    pub fn probe() -> Self {
        Self { system: "You are asked whether you answer.", user: "Answer: yes.".to_owned(), most_tokens: 16 }
    }
}

/// What a model wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The text, complete.
    pub text: String,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
}
