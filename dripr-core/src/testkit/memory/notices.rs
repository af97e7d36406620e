use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::{
    agent_mail::{Notices, Standing},
    email::DeliveryStatus,
    errors::PortResult,
    ids::UserId,
    policy::{FARTHEST, after},
    ports::NoticeStore,
    schedule::Instant,
};

#[async_trait]
impl NoticeStore for MemoryStore {
    async fn notices(&self, user: &UserId) -> PortResult<Option<Notices>> {
        Ok(self.lock().notices.get(user).cloned())
    }

    async fn due_notices(&self, now: Instant, limit: usize) -> PortResult<Vec<Standing>> {
        let state = self.lock();
        let far = after(now, FARTHEST);
        let mut due: Vec<&Notices> = state
            .notices
            .values()
            .filter(|notices| notices.due_at.is_some_and(|at| at <= now || at > far))
            .collect();
        due.sort_by_key(|notices| (notices.due_at > Some(now), notices.due_at));
        Ok(due.into_iter().filter_map(|notices| state.standing(notices)).take(limit).collect())
    }

    async fn next_notices_due(&self) -> PortResult<Option<Instant>> {
        Ok(self.lock().notices.values().filter_map(|notices| notices.due_at).min())
    }

    async fn put_notices(&self, mut notices: Notices) -> PortResult<bool> {
        let mut state = self.lock();
        let Some(known) = state.notices.get_mut(&notices.user_id) else { return Ok(false) };
        if known.version != notices.version {
            return Ok(false);
        }
        notices.version += 1;
        *known = notices;
        Ok(true)
    }
}

impl State {
    fn standing(&self, notices: &Notices) -> Option<Standing> {
        let user = &notices.user_id;
        let waits = |email: &crate::email::Email| {
            email.user_id == *user && email.delivery_status == DeliveryStatus::Created
        };
        Some(Standing {
            notices: notices.clone(),
            agent: self.agents.get(user)?.as_ref().clone(),
            grant: self.mail_accounts.get(user).map(|account| account.grant.clone()),
            waiting: self.emails.values().any(waits),
            in_need: self
                .campaigns
                .values()
                .any(|campaign| campaign.user_id == *user && campaign.needs_agent().is_some()),
        })
    }
}
