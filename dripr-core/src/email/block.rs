//! Addresses that nobody in the deployment writes to.

use serde::{Deserialize, Serialize};

use super::EmailAddress;
use crate::{
    access::{Deed, Reach},
    campaign::Actor,
    schedule::Instant,
};

/// An address that no agent of the deployment writes to, because an operator blocked it. A suppression is one agent's; this is
/// everybody's, and neither agents nor recipients lift it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The address; its [`EmailAddress::key`] decides.
    pub address: EmailAddress,
    /// Since when.
    pub since: Instant,
    /// Who blocked it.
    pub by: Actor,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Block {
    /// That the address was blocked, as history has it.
    #[must_use]
    pub fn making(&self) -> Deed {
        self.deed("address_blocked", self.by.clone(), self.since, self.reason.clone())
    }

    /// That somebody lifted it, as history has it.
    #[must_use]
    pub fn lifting(&self, by: Actor, at: Instant) -> Deed {
        self.deed("address_unblocked", by, at, None)
    }

    fn deed(&self, what: &str, actor: Actor, at: Instant, cause: Option<String>) -> Deed {
        // Of operators alone: an agent's own history says by itself that their campaigns rest.
        let (about, reach) = (self.address.as_str().to_owned(), Reach::Deployment);
        Deed { at, actor, what: what.to_owned(), about, reach, cause }
    }
}
