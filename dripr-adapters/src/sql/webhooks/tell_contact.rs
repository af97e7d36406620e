//! What becomes of contacts and of what stands against their addresses, for those who want to know.

use dripr_core::{
    contact::Contact,
    email::Suppression,
    errors::PortResult,
    schedule::Instant,
    webhooks::{Kind, Message},
};

use super::tell::tell_one;
use crate::sql::writer::Transaction;

/// That an address is not written to any more. `contact` is the agent's contact there, if there is one.
pub(in crate::sql) async fn tell_suppression(
    transaction: &mut Transaction<'_>,
    suppression: &Suppression,
    contact: Option<&Contact>,
) -> PortResult<()> {
    let message = || Message::of_suppression(suppression, contact);
    tell_one(transaction, &suppression.user_id, Kind::ContactOptedOut, &message).await
}

/// That an address is written to again.
pub(in crate::sql) async fn tell_lifting(
    transaction: &mut Transaction<'_>,
    ended: &Suppression,
    contact: Option<&Contact>,
    at: Instant,
) -> PortResult<()> {
    let message = || Message::of_lifting(ended, contact, at);
    tell_one(transaction, &ended.user_id, Kind::ContactOptedIn, &message).await
}

/// That a contact has another name, address or external id, if so.
pub(in crate::sql) async fn tell_changed_contact(
    transaction: &mut Transaction<'_>,
    before: &Contact,
    contact: &Contact,
    at: Instant,
) -> PortResult<()> {
    let Some(message) = Message::of_changed_contact(before, contact, at) else { return Ok(()) };
    tell_one(transaction, &contact.user_id, Kind::ContactChanged, &|| message.clone()).await
}

/// That a contact was removed.
pub(in crate::sql) async fn tell_removed_contact(
    transaction: &mut Transaction<'_>,
    contact: &Contact,
    at: Instant,
) -> PortResult<()> {
    let message = || Message::of_removed_contact(contact, at);
    tell_one(transaction, &contact.user_id, Kind::ContactRemoved, &message).await
}
