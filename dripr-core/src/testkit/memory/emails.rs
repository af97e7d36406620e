use std::sync::Arc;

use async_trait::async_trait;

use super::{Audited, MemoryStore};
use crate::{
    campaign::AuditEntry,
    email::{DeliveryStatus, Email, Message},
    errors::PortResult,
    ids::EmailId,
    ports::{EmailFilter, EmailStore},
    testkit::simulation::Canary,
    webhooks::{self, Kind},
};

#[async_trait]
impl EmailStore for MemoryStore {
    async fn email(&self, id: &EmailId) -> PortResult<Option<Email>> {
        Ok(self.lock().emails.get(id).cloned())
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
            Some(webhooks::Message::of_email(kind, &email, &state.contact_of(&email)?, at, "settled"))
        });
        Ok(true)
    }
}
