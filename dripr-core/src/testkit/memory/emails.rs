use std::sync::Arc;

use async_trait::async_trait;

use super::{Audited, MemoryStore};
use crate::{
    access::Reach,
    campaign::AuditEntry,
    email::{DeliveryStatus, Email, Message},
    errors::PortResult,
    ids::EmailId,
    ports::{EmailFilter, EmailOrder, EmailPlace, EmailSearch, EmailStore},
    testkit::simulation::Canary,
    webhooks::{self, Kind},
};

#[async_trait]
impl EmailStore for MemoryStore {
    async fn email(&self, id: &EmailId) -> PortResult<Option<Email>> {
        Ok(self.lock().emails.get(id).cloned())
    }

    async fn emails_by_ids(&self, ids: &[EmailId]) -> PortResult<Vec<Option<Email>>> {
        let state = self.lock();
        Ok(ids.iter().map(|id| state.emails.get(id).cloned()).collect())
    }

    async fn messages(&self, ids: &[EmailId]) -> PortResult<Vec<Option<Arc<Message>>>> {
        let state = self.lock();
        let touched_up = self.canary == Some(Canary::TouchedUp);
        let read = |id| {
            let mut message = state.messages.get(id).cloned()?;
            if touched_up {
                Arc::make_mut(&mut message).text.push_str("P.S.");
            }
            Some(message)
        };
        Ok(ids.iter().map(read).collect())
    }

    async fn emails(
        &self,
        filter: &EmailFilter,
        after: Option<EmailId>,
        limit: usize,
    ) -> PortResult<Vec<Email>> {
        let state = self.lock();
        let wanted = |email: &&Email| {
            filter.user_id.as_ref().is_none_or(|user| email.user_id == *user)
                && filter.campaign_id.as_ref().is_none_or(|campaign| email.campaign_id == *campaign)
                && filter.delivery_status.is_none_or(|status| email.delivery_status == status)
                && after.as_ref().is_none_or(|after| email.id > *after)
        };
        Ok(state.emails.values().filter(wanted).take(limit).cloned().collect())
    }

    async fn emails_within(
        &self,
        within: &Reach,
        search: &EmailSearch,
        limit: usize,
    ) -> PortResult<Vec<Email>> {
        let state = self.lock();
        let wanted = |email: &&Email| {
            let agent = state.agents.get(&email.user_id);
            agent.is_some_and(|agent| agent.deleted_at.is_none() && within.covers(agent))
                && is_wanted(search, email)
        };
        let mut found: Vec<&Email> = state.emails.values().filter(wanted).collect();
        match &search.order {
            // As they are kept.
            EmailOrder::Id(_) => {}
            EmailOrder::OldestFirst(_) => found.sort_by(|a, b| made(a).cmp(&made(b))),
            EmailOrder::NewestFirst(_) => found.sort_by(|a, b| made(b).cmp(&made(a))),
        }
        Ok(found.into_iter().take(limit).cloned().collect())
    }

    async fn count_by_status(&self) -> PortResult<Vec<(DeliveryStatus, u64)>> {
        let mut counts = std::collections::BTreeMap::new();
        for email in self.lock().emails.values() {
            *counts.entry(email.delivery_status).or_insert(0) += 1;
        }
        Ok(counts.into_iter().collect())
    }

    async fn resolve_held(&self, id: &EmailId, to: DeliveryStatus, audit: AuditEntry) -> PortResult<bool> {
        let mut state = self.lock();
        let Some(email) =
            state.emails.get_mut(id).filter(|email| email.delivery_status == DeliveryStatus::Held)
        else {
            return Ok(false);
        };
        email.delivery_status = to;
        email.cause.clone_from(&audit.cause);
        let (email, at) = (email.clone(), audit.at);
        let (user_id, campaign_id) = (email.user_id.clone(), Some(email.campaign_id.clone()));
        state.audit.push(Audited { user_id, campaign_id, entry: audit });
        let kind = Kind::of_settled(to);
        state.tell(&email.user_id, kind, |state| {
            Some(webhooks::Message::of_email(kind, &email, state.contact_of(&email)?, at, "settled"))
        });
        Ok(true)
    }
}

/// What emails are ordered by that are ordered by time. Databases know nothing below a microsecond.
fn made(email: &Email) -> (i64, &EmailId) {
    (email.created_at.timestamp_micros(), &email.id)
}

/// Whether an email is what is looked for, and lies after the place from which on it is.
fn is_wanted(search: &EmailSearch, email: &Email) -> bool {
    let at = email.created_at.timestamp_micros();
    let statuses = &search.delivery_statuses;
    let place = |place: &EmailPlace| made(email).cmp(&(place.created_at.timestamp_micros(), &place.id));
    search.campaign_id.as_ref().is_none_or(|campaign| email.campaign_id == *campaign)
        && (statuses.is_empty() || statuses.contains(&email.delivery_status))
        && search.created_from.is_none_or(|from| at >= from.timestamp_micros())
        && search.created_to.is_none_or(|to| at < to.timestamp_micros())
        && match &search.order {
            EmailOrder::Id(after) => after.as_ref().is_none_or(|after| email.id > *after),
            EmailOrder::OldestFirst(after) => after.as_ref().is_none_or(|after| place(after).is_gt()),
            EmailOrder::NewestFirst(after) => after.as_ref().is_none_or(|after| place(after).is_lt()),
        }
}
