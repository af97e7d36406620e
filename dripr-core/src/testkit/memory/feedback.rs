use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    errors::PortResult,
    feedback::Feedback,
    ids::{CampaignId, FeedbackId},
    ports::FeedbackStore,
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
        state.feedback.insert(feedback.id.clone(), feedback);
        Ok(true)
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
}
