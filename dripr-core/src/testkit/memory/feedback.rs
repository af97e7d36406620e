use std::collections::BTreeSet;

use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    email::{DeliveryStatus, Email},
    errors::PortResult,
    feedback::{Feedback, Happening},
    ids::{CampaignId, EmailId, FeedbackId, UserId},
    ports::{ChannelStore, FeedbackStore},
    safeguards::{Channel, Complaints},
    schedule::Instant,
    webhooks::Message,
};

#[async_trait]
impl FeedbackStore for MemoryStore {
    async fn knows_feedback(&self, id: &FeedbackId) -> PortResult<bool> {
        Ok(self.lock().feedback.contains_key(id))
    }

    async fn keep_feedback(&self, feedback: Feedback) -> PortResult<bool> {
        let mut state = self.lock();
        if state.feedback.contains_key(&feedback.id) || !state.emails.contains_key(&feedback.email_id) {
            return Ok(false);
        }
        state.feedback.insert(feedback.id.clone(), feedback.clone());
        let email = state.emails.get(&feedback.email_id).cloned();
        if let (Some(kind), Some(email)) = (Message::kind_of(&feedback), email) {
            state.tell(&email.user_id, kind, |state| {
                Message::of_feedback(&feedback, &email, state.contact_of(&email)?)
            });
        }
        Ok(true)
    }

    async fn complaints(&self, user: &UserId, since: Instant) -> PortResult<Complaints> {
        let state = self.lock();
        let sent = |email: &&Email| {
            email.user_id == *user
                && email.delivery_status == DeliveryStatus::Complete
                && email.scheduled_send_datetime >= since
        };
        let complained: BTreeSet<&EmailId> = state
            .feedback
            .values()
            .filter(|feedback| feedback.what == Happening::Complained && feedback.at >= since)
            .filter(|feedback| {
                state.emails.get(&feedback.email_id).is_some_and(|email| email.user_id == *user)
            })
            .map(|feedback| &feedback.email_id)
            .collect();
        Ok(Complaints {
            sent: state.emails.values().filter(sent).count() as u64,
            complained: complained.len() as u64,
        })
    }

    async fn feedback(&self, campaign: &CampaignId) -> PortResult<Vec<Feedback>> {
        let state = self.lock();
        let of = |feedback: &&Feedback| {
            state.emails.get(&feedback.email_id).is_some_and(|email| email.campaign_id == *campaign)
        };
        let mut kept: Vec<Feedback> = state.feedback.values().filter(of).cloned().collect();
        kept.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok(kept)
    }

    async fn feedback_of(
        &self,
        email: &EmailId,
        after: Option<(Instant, FeedbackId)>,
        limit: usize,
    ) -> PortResult<Vec<Feedback>> {
        let after = after.map(|(at, id)| (at.timestamp_micros(), id));
        let place = |feedback: &Feedback| (feedback.at.timestamp_micros(), feedback.id.clone());
        let state = self.lock();
        let wanted = |feedback: &&Feedback| {
            feedback.email_id == *email && after.as_ref().is_none_or(|after| place(feedback) > *after)
        };
        let mut kept: Vec<Feedback> = state.feedback.values().filter(wanted).cloned().collect();
        kept.sort_by_cached_key(place);
        kept.truncate(limit);
        Ok(kept)
    }
}

#[async_trait]
impl ChannelStore for MemoryStore {
    async fn channel(&self, name: &str) -> PortResult<Option<Channel>> {
        Ok(self.lock().channels.get(name).cloned())
    }

    async fn put_channel(&self, mut channel: Channel) -> PortResult<bool> {
        let mut state = self.lock();
        if state.channels.get(&channel.name).map_or(0, |known| known.version) != channel.version {
            return Ok(false);
        }
        channel.version += 1;
        state.channels.insert(channel.name.clone(), channel);
        Ok(true)
    }
}
