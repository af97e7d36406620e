use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    campaign::{Actor, AuditEntry},
    contact::Contact,
    email::{EmailAddress, Suppression, SuppressionCause},
    errors::PortResult,
    ids::{CampaignId, ContactId, UserId},
    ports::ContactStore,
};

#[async_trait]
impl ContactStore for MemoryStore {
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>> {
        Ok(self.lock().contacts.get(id).cloned())
    }

    async fn replace(&self, contact: Contact) -> PortResult<bool> {
        let mut state = self.lock();
        let key = contact.email.key();
        let taken = state.contacts.values().any(|other| {
            other.id != contact.id && other.user_id == contact.user_id && other.email.key() == key
        });
        if taken || state.contacts.get(&contact.id).is_none_or(|known| known.user_id != contact.user_id) {
            return Ok(false);
        }
        let old_key = state.contacts.get(&contact.id).map(|known| known.email.key()).unwrap_or_default();
        let final_ = state
            .suppressions
            .get(&(contact.user_id.clone(), old_key.clone()))
            .is_some_and(|known| known.cause > SuppressionCause::HardBounce);
        if final_ && old_key != key {
            return Ok(false);
        }
        let user = contact.user_id.clone();
        state.contacts.insert(contact.id.clone(), contact);
        state.wake(&user, Some(&key));
        Ok(true)
    }

    async fn suppress(&self, suppression: Suppression, actor: Actor) -> PortResult<()> {
        let mut state = self.lock();
        let (user, key) = (suppression.user_id.clone(), suppression.address.key());
        let slot = (user.clone(), key.clone());
        if state.suppressions.get(&slot).is_some_and(|known| known.cause >= suppression.cause) {
            return Ok(());
        }
        let entry = AuditEntry {
            at: suppression.since,
            actor,
            what: "suppressed".to_owned(),
            cycle: None,
            email_id: None,
            cause: Some(suppression.cause.sentence().to_owned()),
        };
        state.note(&user, &key, &entry);
        state.suppressions.insert(slot, suppression);
        state.wake(&user, Some(&key));
        Ok(())
    }

    async fn lift(&self, user: &UserId, address: &EmailAddress, actor: Actor) -> PortResult<bool> {
        let mut state = self.lock();
        let key = address.key();
        let Some(lifted) = state.suppressions.remove(&(user.clone(), key.clone())) else { return Ok(false) };
        let entry = AuditEntry {
            at: lifted.since,
            actor,
            what: "suppression_lifted".to_owned(),
            cycle: None,
            email_id: None,
            cause: None,
        };
        state.note(user, &key, &entry);
        state.wake(user, Some(&key));
        Ok(true)
    }

    async fn suppression(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Suppression>> {
        Ok(self.lock().suppressions.get(&(user.clone(), address.key())).cloned())
    }
}

impl super::State {
    /// An audit row for each of an agent's campaigns to an address.
    fn note(&mut self, user: &UserId, address_key: &str, entry: &AuditEntry) {
        let to_address: Vec<CampaignId> = self
            .campaigns
            .values()
            .filter(|campaign| campaign.user_id == *user)
            .filter(|c| self.contacts.get(&c.contact_id).is_some_and(|c| c.email.key() == address_key))
            .map(|campaign| campaign.id.clone())
            .collect();
        self.audit.extend(to_address.into_iter().map(|id| (id, entry.clone())));
    }
}
