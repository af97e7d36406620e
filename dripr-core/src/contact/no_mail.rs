//! Asking why addresses get no mail from an agent.

use crate::{
    email::{EmailAddress, NoMail},
    errors::PortResult,
    ids::UserId,
    ports::{BlockStore, ContactStore},
};

/// Why an address gets no mail from an agent, however it is spelt; `None` if it may be written to.
///
/// # Errors
/// The store's.
pub async fn no_mail<S>(store: &S, user: &UserId, address: &EmailAddress) -> PortResult<Option<NoMail>>
where
    S: BlockStore + ContactStore + ?Sized,
{
    let block = store.block_of(address).await?;
    let suppression = store.suppression(user, address).await?;
    Ok(NoMail::of(block.as_ref(), suppression.as_ref()))
}

/// The same of several addresses, in the order asked for.
///
/// # Errors
/// The store's.
pub async fn no_mail_among<S>(
    store: &S,
    user: &UserId,
    addresses: &[EmailAddress],
) -> PortResult<Vec<Option<NoMail>>>
where
    S: BlockStore + ContactStore + ?Sized,
{
    let blocks = store.blocked_among(addresses).await?;
    let suppressions = store.suppressed_among(user, addresses).await?;
    let both = blocks.iter().zip(&suppressions);
    Ok(both.map(|(block, suppression)| NoMail::of(block.as_ref(), suppression.as_ref())).collect())
}
