//! Text written for a report.

use serde::{Deserialize, Serialize};

/// Plain text, paragraphs parted by an empty line. Never markup: it is escaped where it is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The text.
    pub text: String,
    /// Who wrote it.
    pub author: Author,
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
