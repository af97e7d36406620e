//! What a provider tells of an address, and of no email.

use crate::{
    campaign::Actor,
    email::{EmailAddress, Suppression, SuppressionCause},
    errors::PortResult,
    ports::ContactStore,
    schedule::Instant,
};

/// An address to which a provider delivers nothing any more, of whichever agent it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which address.
    pub address: EmailAddress,
    /// Why.
    pub cause: SuppressionCause,
    /// Since when, by the provider's clock.
    pub since: Instant,
}

/// Ends the mail of every agent who has a contact of the address; says how many they are. Doing it twice changes nothing.
///
/// # Errors
/// The store failed; it is to be told again.
pub async fn refuse<S: ContactStore + ?Sized>(store: &S, refusal: &Refusal) -> PortResult<usize> {
    let Refusal { address, cause, since } = refusal;
    let agents = store.agents_writing_to(address).await?;
    for user_id in &agents {
        let suppression =
            Suppression { user_id: user_id.clone(), address: address.clone(), cause: *cause, since: *since };
        store.suppress(suppression, Actor::Provider).await?;
    }
    Ok(agents.len())
}
