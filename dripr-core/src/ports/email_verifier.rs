//! Whether an address takes mail, asked before anybody writes to it.

use async_trait::async_trait;

use super::Allowance;
use crate::{email::EmailAddress, errors::PortResult};

/// Tells whether an address takes mail, without sending any.
///
/// The engine does not ask it: whoever takes in contacts does, so that a mistyped address is noticed by the person who can
/// mend it. An answer is an opinion of the moment; only [`Verification::Undeliverable`] is a reason to refuse an address.
///
/// A question may cost money each time and take many seconds, since mail servers are asked. It is taken from the
/// allowance first, like every call to a provider. Keeping answers is not its business.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EmailVerifier: Send + Sync {
    /// What is known of an address. That nothing could be found out is an answer too,
    /// [`Verification::Unknown`]; an error says that the verifier itself could not be asked.
    ///
    /// # Errors
    /// The verifier's; [`Fault::Misconfigured`](crate::errors::Fault::Misconfigured) if it has no credit left.
    async fn verify(&self, address: &EmailAddress, allowance: &Allowance) -> PortResult<Verification>;
}

/// What is known of an address. Reasons are half sentences for people, and hold no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// It takes mail.
    Deliverable,
    /// Mail to it is accepted, but so it would be if there were no such mailbox, or it is one that nobody reads for long.
    Unproven {
        /// Why it is not proven.
        reason: String,
    },
    /// It takes no mail.
    Undeliverable {
        /// Why not.
        reason: String,
        /// What was probably meant.
        did_you_mean: Option<EmailAddress>,
    },
    /// It could not be found out; asking later may help.
    Unknown {
        /// What stood in the way.
        reason: String,
    },
}
