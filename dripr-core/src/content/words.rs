//! Text written for a report, and how it came about.

use serde::{Deserialize, Serialize};

use crate::guard::Objection;

/// Plain text, paragraphs parted by an empty line. Never markup: it is escaped where it is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The text.
    pub text: String,
    /// Who wrote it.
    pub author: Author,
    /// What writing it cost, where it cost something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What was written before it and refused, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Draft>,
}

/// Who wrote a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// Composed from the facts, without a model.
    Composed,
    /// A language model, named.
    Model(String),
    /// The agent.
    Agent,
}

/// What one call to a model cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Millionths of a dollar, where the deployment knows its prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microdollars: Option<u64>,
}

/// A text that was refused. The text itself is not kept: nobody is to read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Who wrote it.
    pub author: Author,
    /// What writing it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Why it was refused.
    pub objections: Vec<Objection>,
}

impl Words {
    /// A text by somebody, which cost nothing.
    #[must_use]
    pub fn new(text: impl Into<String>, author: Author) -> Self {
        Self { text: text.into(), author, usage: None, refused: Vec::new() }
    }

    /// What all of it cost, refused drafts included; nothing if no model was asked.
    #[must_use]
    pub fn spent(&self) -> Option<Usage> {
        let all = self.refused.iter().filter_map(|draft| draft.usage).chain(self.usage);
        all.reduce(|a, b| Usage {
            input_tokens: a.input_tokens.saturating_add(b.input_tokens),
            output_tokens: a.output_tokens.saturating_add(b.output_tokens),
            // A price that is known for one half says nothing of the whole.
            microdollars: a.microdollars.zip(b.microdollars).map(|(a, b)| a.saturating_add(b)),
        })
    }
}
