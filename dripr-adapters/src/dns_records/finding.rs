//! What was found out about one record.

use serde::Serialize;

/// Which record, or what follows from several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Record {
    /// Who may send for the domain.
    #[serde(rename = "SPF")]
    Spf,
    /// Where bounces go, which SPF is asked for.
    #[serde(rename = "Return-Path")]
    ReturnPath,
    /// What signatures are checked with.
    #[serde(rename = "DKIM")]
    Dkim,
    /// What receivers shall do with the rest.
    #[serde(rename = "DMARC")]
    Dmarc,
    /// Whether SPF or DKIM speak for the From address.
    #[serde(rename = "alignment")]
    Alignment,
    /// Where replies go.
    #[serde(rename = "MX")]
    Mx,
    /// The domain itself.
    #[serde(rename = "domain")]
    Domain,
}

impl Record {
    /// How people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spf => "SPF",
            Self::ReturnPath => "Return-Path",
            Self::Dkim => "DKIM",
            Self::Dmarc => "DMARC",
            Self::Alignment => "alignment",
            Self::Mx => "MX",
            Self::Domain => "domain",
        }
    }
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it has to be.
    Good,
    /// Enough, and could be better; or worth knowing.
    Note,
    /// Required, and there is none.
    Missing,
    /// There, and not as it has to be.
    Wrong,
    /// Nobody can tell: a question got no answer, or which name to ask for is not known.
    Unknown,
}

impl State {
    /// How people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Note => "note",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Unknown => "unknown",
        }
    }

    /// Whether mail may not leave before somebody did something.
    #[must_use]
    pub fn is_fault(self) -> bool {
        matches!(self, Self::Missing | Self::Wrong)
    }
}

/// What was found out, in a sentence for the person who looks after the domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which record.
    pub record: Record,
    /// The name that was asked for.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// What is there.
    pub says: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_do: Option<String>,
}

impl Finding {
    pub(super) fn new(
        record: Record,
        name: impl Into<String>,
        state: State,
        says: impl Into<String>,
    ) -> Self {
        Self { record, name: name.into(), state, says: says.into(), to_do: None }
    }

    /// A question that nobody answered.
    pub(super) fn unanswered(record: Record, name: impl Into<String>, why: &str) -> Self {
        Self::new(record, name, State::Unknown, format!("could not be looked up: {why}"))
            .advising("try again; this says nothing about whether the record is there")
    }

    #[must_use]
    pub(super) fn advising(mut self, what: impl Into<String>) -> Self {
        self.to_do = Some(what.into());
        self
    }
}
