//! Why an address gets no mail from an agent, whoever decided it.

use super::{Block, Suppression, SuppressionCause};
use crate::schedule::Instant;

/// Why an address gets no mail from an agent, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoMail {
    /// Why.
    pub cause: NoMailCause,
    /// Since when.
    pub since: Instant,
}

/// Why an address gets no mail from an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoMailCause {
    /// An operator blocked it, for all agents.
    Blocked,
    /// It is suppressed for this agent.
    Suppressed(SuppressionCause),
}

impl NoMail {
    /// What follows from what is known of an address; `None` if it may be written to. A block goes before a suppression: as long
    /// as it stands, lifting that changes nothing.
    ///
    /// ```
    /// use dripr_core::{campaign::Actor, email::{Block, NoMail, NoMailCause}};
    /// let since = "2026-03-01T12:00:00Z".parse()?;
    /// let block = Block { address: "kim@home.example".parse()?, since, by: Actor::Operator, reason: None };
    /// let no_mail = NoMail::of(Some(&block), None);
    /// assert_eq!(no_mail, Some(NoMail { cause: NoMailCause::Blocked, since }));
    /// assert_eq!(NoMail::of(None, None), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(block: Option<&Block>, suppression: Option<&Suppression>) -> Option<Self> {
        let blocked = block.map(|block| Self { cause: NoMailCause::Blocked, since: block.since });
        blocked.or_else(|| {
            let cause = |known: &Suppression| NoMailCause::Suppressed(known.cause);
            suppression.map(|known| Self { cause: cause(known), since: known.since })
        })
    }
}

impl NoMailCause {
    /// For people: what happened.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Blocked => "an operator blocked this address",
            Self::Suppressed(cause) => cause.sentence(),
        }
    }
}
