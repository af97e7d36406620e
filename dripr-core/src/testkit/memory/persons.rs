use async_trait::async_trait;

use super::{Audited, MemoryStore, State, imports};
use crate::{
    campaign::AuditEntry,
    contact::Contact,
    email::{Email, EmailAddress},
    errors::PortResult,
    ids::{CampaignId, UserId},
    person::{CampaignErasure, Person, PersonalCampaign, PersonalContent, PersonalEmail, erased_address},
    ports::PersonStore,
    schedule::Instant,
    webhooks::{Kind, Message},
};

#[async_trait]
impl PersonStore for MemoryStore {
    async fn person(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Person>> {
        let state = self.lock();
        let key = address.key();
        let suppression = state.suppressions.get(&(user.clone(), key.clone())).cloned();
        let block = state.blocks.get(&key).cloned();
        let contacts: Vec<_> = state
            .contacts
            .values()
            .filter(|contact| contact.user_id == *user && contact.email.key() == key)
            .cloned()
            .collect();
        let refused_rows = state.refused_rows_of(user, address);
        if contacts.is_empty() && suppression.is_none() && refused_rows.is_empty() {
            return Ok(None);
        }
        let ids = state.campaigns_to(user, &key);
        let campaigns = ids.iter().filter_map(|id| state.personal(id)).collect();
        let messages = state.messages_of_person(user, address, &contacts, &ids);
        let (user_id, address) = (user.clone(), address.clone());
        Ok(Some(Person { user_id, address, contacts, campaigns, suppression, block, messages, refused_rows }))
    }

    async fn campaigns_of(&self, user: &UserId, address: &EmailAddress) -> PortResult<Vec<CampaignId>> {
        Ok(self.lock().campaigns_to(user, &address.key()))
    }

    async fn erase_campaign(&self, id: &CampaignId, entry: AuditEntry) -> PortResult<CampaignErasure> {
        let mut state = self.lock();
        let Some(campaign) = state.campaigns.get(id).filter(|campaign| campaign.deleted_at.is_some()) else {
            return Ok(CampaignErasure::NotRemoved);
        };
        let (erased, recipient) = (campaign.erased(), erased_address(campaign.contact_id.as_str())?);
        let emails: Vec<Email> =
            state.emails.values().filter(|email| email.campaign_id == *id).cloned().collect();
        if let Some(live) = emails.iter().find(|email| email.is_live()) {
            return Ok(CampaignErasure::UnderWay(live.id.clone()));
        }
        for email in &emails {
            state.messages.remove(&email.id);
            state.emails.insert(email.id.clone(), email.erased(recipient.clone()));
            for feedback in state.feedback.values_mut().filter(|feedback| feedback.email_id == email.id) {
                *feedback = feedback.erased();
            }
        }
        state.content.retain(|(campaign, ..), _| campaign != id);
        for row in state.audit.iter_mut().filter(|row| row.campaign_id.as_ref() == Some(id)) {
            row.entry = row.entry.erased();
        }
        state.audit.push(Audited { user_id: erased.user_id.clone(), campaign_id: Some(id.clone()), entry });
        state.erase_messages_of(id);
        state.deadlines.remove(id);
        state.campaigns.insert(id.clone(), erased);
        Ok(CampaignErasure::Erased(emails.into_iter().map(|email| email.id).collect()))
    }

    async fn erase_contacts(&self, user: &UserId, address: &EmailAddress, at: Instant) -> PortResult<u64> {
        let mut state = self.lock();
        let key = address.key();
        // Answers that are kept for calls that come again may name anybody.
        state.replies.clear();
        // So may lines of imports.
        state.imports.values_mut().filter(|kept| kept.of(user)).for_each(imports::Kept::forget_lines);
        let of_person = |contact: &&Contact| contact.user_id == *user && contact.email.key() == key;
        let contacts: Vec<Contact> = state.contacts.values().filter(of_person).cloned().collect();
        for contact in &contacts {
            if contact.deleted_at.is_none() {
                state.tell(user, Kind::ContactRemoved, |_| Some(Message::of_removed_contact(contact, at)));
            }
            state.erase_messages_about(&contact.id);
        }
        state.erase_messages_to(user, &key);
        let of_user = state.suppressions.iter_mut().filter(|((of, _), _)| of == user);
        for (_, suppression) in of_user {
            if let Some(erased) = suppression.erased(&key) {
                *suppression = erased;
            }
        }
        let mut count = 0;
        for contact in state.contacts.values_mut() {
            if contact.user_id == *user && contact.email.key() == key {
                *contact = contact.erased(at)?;
                count += 1;
            }
        }
        Ok(count)
    }
}

impl State {
    fn campaigns_to(&self, user: &UserId, key: &str) -> Vec<CampaignId> {
        let to = |id| self.contacts.get(id).is_some_and(|contact| contact.email.key() == key);
        let campaigns = self.campaigns.values().filter(|campaign| campaign.user_id == *user);
        campaigns.filter(|campaign| to(&campaign.contact_id)).map(|campaign| campaign.id.clone()).collect()
    }

    fn personal(&self, id: &CampaignId) -> Option<PersonalCampaign> {
        let campaign = self.campaigns.get(id)?.clone();
        let emails = self.emails.values().filter(|email| email.campaign_id == *id);
        let emails: Vec<PersonalEmail> = emails
            .map(|email| PersonalEmail {
                email: email.clone(),
                message: self.messages.get(&email.id).cloned(),
            })
            .collect();
        let of_it = |email_id| emails.iter().any(|known| known.email.id == email_id);
        let mut feedback: Vec<_> =
            self.feedback.values().filter(|kept| of_it(kept.email_id.clone())).cloned().collect();
        feedback.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        let content = self.content.iter().filter(|((campaign, ..), _)| campaign == id);
        let content = content
            .map(|((_, cycle, operation), content)| PersonalContent {
                cycle: *cycle,
                operation: *operation,
                content: content.clone(),
            })
            .collect();
        let history = self.audit.iter().filter(|row| row.campaign_id.as_ref() == Some(id));
        let history = history.map(|row| row.entry.clone()).collect();
        Some(PersonalCampaign { campaign, emails, content, feedback, history })
    }
}
