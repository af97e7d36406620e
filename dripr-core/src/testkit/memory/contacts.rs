use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{Audited, MemoryStore};
use crate::{
    campaign::{Actor, AuditEntry},
    contact::{Contact, ExternalId, ExternalIdGiven, Giving},
    email::{EmailAddress, OptIn, Suppression, SuppressionCause},
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, ContactId, UserId},
    ports::{AddressSuppression, ContactAddition, ContactRemoval, ContactReplacement, ContactStore},
    schedule::Instant,
    webhooks::{Kind, Message},
};

#[async_trait]
impl ContactStore for MemoryStore {
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>> {
        Ok(self.lock().contacts.get(id).cloned())
    }

    async fn contacts(
        &self,
        user: &UserId,
        after: Option<ContactId>,
        limit: usize,
    ) -> PortResult<Vec<Contact>> {
        let state = self.lock();
        let wanted = |contact: &&Contact| {
            contact.user_id == *user
                && contact.deleted_at.is_none()
                && after.as_ref().is_none_or(|after| contact.id > *after)
        };
        Ok(state.contacts.values().filter(wanted).take(limit).cloned().collect())
    }

    async fn agents_writing_to(&self, address: &EmailAddress) -> PortResult<Vec<UserId>> {
        let (state, key) = (self.lock(), address.key());
        let wanted = |contact: &&Contact| contact.deleted_at.is_none() && contact.email.key() == key;
        let agents: BTreeSet<&UserId> =
            state.contacts.values().filter(wanted).map(|contact| &contact.user_id).collect();
        Ok(agents.into_iter().cloned().collect())
    }

    async fn agents_writing_to_each(&self, addresses: &[EmailAddress]) -> PortResult<Vec<Vec<UserId>>> {
        let mut agents = Vec::with_capacity(addresses.len());
        for address in addresses {
            agents.push(self.agents_writing_to(address).await?);
        }
        Ok(agents)
    }

    async fn contact_at(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Contact>> {
        Ok(self.lock().contact_at(user, &address.key()).cloned())
    }

    async fn contacts_at(
        &self,
        user: &UserId,
        addresses: &[EmailAddress],
    ) -> PortResult<Vec<Option<ContactId>>> {
        let state = self.lock();
        let id = |address: &EmailAddress| Some(state.contact_at(user, &address.key())?.id.clone());
        Ok(addresses.iter().map(id).collect())
    }

    async fn contact_with(&self, user: &UserId, id: &ExternalId) -> PortResult<Option<Contact>> {
        Ok(self.lock().contact_with(user, id).cloned())
    }

    async fn contacts_with(&self, user: &UserId, ids: &[ExternalId]) -> PortResult<Vec<Option<ContactId>>> {
        let state = self.lock();
        let holder = |id: &ExternalId| Some(state.contact_with(user, id)?.id.clone());
        Ok(ids.iter().map(holder).collect())
    }

    async fn give_external_ids(
        &self,
        user: &UserId,
        ids: Vec<(EmailAddress, ExternalId)>,
        audit: AuditEntry,
    ) -> PortResult<Vec<ExternalIdGiven>> {
        let mut state = self.lock();
        let mut giving = Giving::default();
        let living = |contact: &&Contact| contact.user_id == *user && contact.deleted_at.is_none();
        for contact in state.contacts.values().filter(living) {
            if let Some(id) = &contact.external_id {
                giving.held(id.clone(), contact.id.clone());
            }
            giving.to(contact.clone());
        }
        let outcomes = giving.give(&ids);
        for contact in giving.given() {
            let entry = audit.clone().about(contact.id.clone());
            state.audit.push(Audited { user_id: user.clone(), campaign_id: None, entry });
            state.contacts.insert(contact.id.clone(), contact);
        }
        Ok(outcomes)
    }

    async fn add_contact(&self, contact: Contact, audit: AuditEntry) -> PortResult<ContactAddition> {
        let mut state = self.lock();
        let (user, key) = (contact.user_id.clone(), contact.email.key());
        if !state.agents.contains_key(&user) {
            return Ok(ContactAddition::NoAgent);
        }
        if let Some(known) = state.contact_at(&user, &key) {
            return Ok(ContactAddition::Exists(known.id.clone()));
        }
        if let Some(holder) = state.other_holder(&contact) {
            return Ok(ContactAddition::ExternalIdTaken(holder));
        }
        if state.contacts.contains_key(&contact.id) {
            let message = format!("contact_id {} is taken", contact.id);
            return Err(PortError::new(Fault::Invalid, message));
        }
        state.contacts.insert(contact.id.clone(), contact);
        state.note(&user, &key, &audit);
        Ok(ContactAddition::Added)
    }

    async fn remove_contact(
        &self,
        user: &UserId,
        id: &ContactId,
        audit: AuditEntry,
    ) -> PortResult<ContactRemoval> {
        let mut state = self.lock();
        if state
            .campaigns
            .values()
            .any(|campaign| campaign.contact_id == *id && campaign.deleted_at.is_none())
        {
            return Ok(ContactRemoval::HasCampaigns);
        }
        let known = state.contacts.get_mut(id);
        let Some(known) = known.filter(|known| known.user_id == *user && known.deleted_at.is_none()) else {
            return Ok(ContactRemoval::NotThere);
        };
        known.deleted_at = Some(audit.at);
        let (removed, key) = (known.clone(), known.email.key());
        state.note(user, &key, &audit);
        state.tell(user, Kind::ContactRemoved, |_| Some(Message::of_removed_contact(&removed, audit.at)));
        Ok(ContactRemoval::Removed)
    }

    async fn replace(
        &self,
        known: &Contact,
        contact: Contact,
        audit: AuditEntry,
    ) -> PortResult<ContactReplacement> {
        let mut state = self.lock();
        if contact.id != known.id || contact.user_id != known.user_id {
            return Ok(ContactReplacement::Changed);
        }
        if state.contacts.get(&known.id) != Some(known) {
            return Ok(ContactReplacement::Changed);
        }
        let (old_key, key) = (known.email.key(), contact.email.key());
        let taken = state.contacts.values().any(|other| {
            other.id != contact.id
                && other.user_id == contact.user_id
                && other.deleted_at.is_none()
                && other.email.key() == key
        });
        if taken {
            return Ok(ContactReplacement::AddressTaken);
        }
        if let Some(holder) = state.other_holder(&contact) {
            return Ok(ContactReplacement::ExternalIdTaken(holder));
        }
        let is_final = state
            .suppressions
            .get(&(contact.user_id.clone(), old_key.clone()))
            .is_some_and(|known| known.cause > SuppressionCause::HardBounce);
        if is_final && old_key != key {
            return Ok(ContactReplacement::OptedOut);
        }
        if old_key != key && state.blocks.contains_key(&old_key) {
            return Ok(ContactReplacement::Blocked);
        }
        let user = contact.user_id.clone();
        state.tell(&user, Kind::ContactChanged, |_| Message::of_changed_contact(known, &contact, audit.at));
        state.contacts.insert(contact.id.clone(), contact);
        state.note(&user, &key, &audit);
        state.wake(&user, Some(&key));
        Ok(ContactReplacement::Replaced)
    }

    async fn suppress_because(
        &self,
        suppression: Suppression,
        actor: Actor,
        why: String,
    ) -> PortResult<AddressSuppression> {
        let mut state = self.lock();
        let (user, key) = (suppression.user_id.clone(), suppression.address.key());
        let slot = (user.clone(), key.clone());
        let (became, suppression) = match state.suppressions.get_mut(&slot) {
            None => (AddressSuppression::Anew, suppression),
            Some(known) => {
                let Some(joined) = known.joined(&suppression) else { return Ok(AddressSuppression::Known) };
                if joined.cause == known.cause {
                    *known = joined;
                    return Ok(AddressSuppression::Known);
                }
                (AddressSuppression::MoreFinal, joined)
            }
        };
        let entry = AuditEntry {
            at: suppression.since,
            actor,
            what: "suppressed".to_owned(),
            cycle: None,
            email_id: None,
            cause: Some(why),
            contact_id: state.contact_at(&user, &key).map(|contact| contact.id.clone()),
        };
        state.note(&user, &key, &entry);
        state.tell(&user, Kind::ContactOptedOut, |state| {
            let contact = state.contact_at(&user, &key);
            Some(Message::of_suppression(&suppression, contact))
        });
        state.suppressions.insert(slot, suppression);
        state.wake(&user, Some(&key));
        Ok(became)
    }

    async fn lift(
        &self,
        user: &UserId,
        address: &EmailAddress,
        most: SuppressionCause,
        actor: Actor,
        at: Instant,
    ) -> PortResult<bool> {
        Ok(self.lock().lift(user, address, |known| known.cause <= most, actor, at))
    }

    async fn take_back(
        &self,
        user: &UserId,
        address: &EmailAddress,
        opt_in: &OptIn,
        actor: Actor,
        at: Instant,
    ) -> PortResult<bool> {
        Ok(self.lock().lift(user, address, |known| opt_in.takes_back(known), actor, at))
    }

    async fn suppressions(
        &self,
        user: &UserId,
        cause: Option<SuppressionCause>,
        after: Option<String>,
        limit: usize,
    ) -> PortResult<Vec<Suppression>> {
        let state = self.lock();
        let of_user = state
            .suppressions
            .iter()
            .filter(|((of, key), _)| of == user && after.as_ref().is_none_or(|after| key > after))
            .filter(|(_, known)| cause.is_none_or(|cause| known.cause == cause));
        Ok(of_user.take(limit).map(|(_, suppression)| suppression.clone()).collect())
    }

    async fn suppression(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Suppression>> {
        Ok(self.lock().suppressions.get(&(user.clone(), address.key())).cloned())
    }

    async fn suppressed_among(
        &self,
        user: &UserId,
        addresses: &[EmailAddress],
    ) -> PortResult<Vec<Option<Suppression>>> {
        let state = self.lock();
        let known = |address: &EmailAddress| state.suppressions.get(&(user.clone(), address.key())).cloned();
        Ok(addresses.iter().map(known).collect())
    }
}

impl super::State {
    /// An agent's contact of an address.
    pub(super) fn contact_at(&self, user: &UserId, address_key: &str) -> Option<&Contact> {
        self.contacts.values().find(|contact| {
            contact.user_id == *user && contact.email.key() == address_key && contact.deleted_at.is_none()
        })
    }

    /// An agent's contact with an external id.
    pub(super) fn contact_with(&self, user: &UserId, id: &ExternalId) -> Option<&Contact> {
        self.contacts.values().find(|contact| {
            contact.user_id == *user
                && contact.external_id.as_ref() == Some(id)
                && contact.deleted_at.is_none()
        })
    }

    /// Another contact that has a contact's external id.
    pub(super) fn other_holder(&self, contact: &Contact) -> Option<ContactId> {
        let holder = self.contact_with(&contact.user_id, contact.external_id.as_ref()?)?;
        (holder.id != contact.id).then(|| holder.id.clone())
    }

    /// Lifts what stands for an address, if it is to be lifted.
    fn lift(
        &mut self,
        user: &UserId,
        address: &EmailAddress,
        is_lifted: impl Fn(&Suppression) -> bool,
        actor: Actor,
        at: Instant,
    ) -> bool {
        let key = address.key();
        let slot = (user.clone(), key.clone());
        let Some(ended) = self.suppressions.get(&slot).filter(|known| is_lifted(known)).cloned() else {
            return false;
        };
        self.suppressions.remove(&slot);
        let entry = AuditEntry {
            at,
            actor,
            what: "suppression_lifted".to_owned(),
            cycle: None,
            email_id: None,
            cause: None,
            contact_id: self.contact_at(user, &key).map(|contact| contact.id.clone()),
        };
        self.note(user, &key, &entry);
        self.tell(user, Kind::ContactOptedIn, |state| {
            Some(Message::of_lifting(&ended, state.contact_at(user, &key), at))
        });
        self.wake(user, Some(&key));
        true
    }

    /// An audit row for each of an agent's campaigns to an address, or one without a campaign where there is none.
    fn note(&mut self, user: &UserId, address_key: &str, entry: &AuditEntry) {
        let to_address: Vec<CampaignId> = self
            .campaigns
            .values()
            .filter(|campaign| campaign.user_id == *user)
            .filter(|c| self.contacts.get(&c.contact_id).is_some_and(|c| c.email.key() == address_key))
            .map(|campaign| campaign.id.clone())
            .collect();
        let mut rows: Vec<_> = to_address.into_iter().map(Some).collect();
        if rows.is_empty() {
            rows.push(None);
        }
        let audited = |campaign_id| Audited { user_id: user.clone(), campaign_id, entry: entry.clone() };
        self.audit.extend(rows.into_iter().map(audited));
    }
}
