//! What it takes back that somebody wants mail again.

use super::{EmailAddress, Suppression, SuppressionCause};
use crate::schedule::Instant;

/// That a recipient wants mail again. It proves that they read at one address, and nothing of any other that the contact may have
/// by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptIn {
    /// Where they said so: the email went there by whose link, or about which, they did.
    pub address: EmailAddress,
    /// The most final cause that it takes back.
    pub most: SuppressionCause,
    /// Until when what was decided is taken back; all of it if that is not known to be late.
    pub until: Option<Instant>,
}

impl OptIn {
    /// Whether it takes back what stands for an address: what was decided where they opted in, there and wherever it was
    /// [carried over](Suppression::carried_from) to; and what was only carried over to that address, for that is theirs to say.
    /// What was decided at any other address stays, and so does a bounce, which nobody decides.
    ///
    /// ```
    /// use dripr_core::email::{OptIn, Suppression, SuppressionCause};
    /// let at_home = OptIn { address: "kim@home.example".parse()?, most: SuppressionCause::OptOut, until: None };
    /// let carried = Suppression {
    ///     user_id: "agent".parse()?,
    ///     address: "kim@new.example".parse()?,
    ///     cause: SuppressionCause::OptOut,
    ///     since: "2026-03-13T09:00:00Z".parse()?,
    ///     carried_from: Some("Kim@home.example".parse()?),
    /// };
    /// assert!(at_home.takes_back(&carried));
    /// assert!(!at_home.takes_back(&Suppression { carried_from: None, ..carried }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn takes_back(&self, known: &Suppression) -> bool {
        let key = self.address.key();
        let is_theirs = known.address.key() == key
            || known.carried_from.as_ref().is_some_and(|decided_at| decided_at.key() == key);
        let is_in_time = self.until.is_none_or(|until| known.since <= until);
        is_theirs && is_in_time && known.cause.is_recipients_own() && known.cause <= self.most
    }
}
