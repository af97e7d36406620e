use std::collections::BTreeSet;

use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    access::Reach,
    email::{DeliveryStatus, SuppressionCause},
    errors::PortResult,
    feedback::Happening,
    ids::UserId,
    ports::StatisticsStore,
    schedule::Instant,
    statistics::{CameBackEmails, Period, Statistics},
};

#[async_trait]
impl StatisticsStore for MemoryStore {
    async fn statistics(&self, of: &Reach, period: Period) -> PortResult<Statistics> {
        let state = self.lock();
        let agents = state.agents.values().filter(|agent| agent.deleted_at.is_none() && of.covers(agent));
        let agents: BTreeSet<&UserId> = agents.map(|agent| &agent.id).collect();
        let within = |at: Instant| at >= period.from && at < period.until;
        let mut found = Statistics::default();
        let contacts = state.contacts.values();
        found.contacts = contacts
            .filter(|contact| agents.contains(&contact.user_id) && contact.deleted_at.is_none())
            .count() as u64;
        for campaign in state.campaigns.values() {
            if agents.contains(&campaign.user_id) && campaign.deleted_at.is_none() {
                *found.campaigns.entry(campaign.status).or_default() += 1;
                found.needing_agent += u64::from(campaign.needs_agent().is_some());
            }
        }
        for email in state.emails.values().filter(|email| agents.contains(&email.user_id)) {
            let status = email.delivery_status;
            found.awaiting_approval += u64::from(status == DeliveryStatus::Created);
            let sent = status == DeliveryStatus::Complete && within(email.scheduled_send_datetime);
            found.sent += u64::from(sent);
        }
        for ((user, _), suppression) in &state.suppressions {
            if agents.contains(user) {
                *found.suppressed.entry(suppression.cause).or_default() += 1;
                let opted_out = suppression.cause == SuppressionCause::OptOut;
                found.opted_out += u64::from(opted_out && within(suppression.since));
            }
        }
        let emails = |wanted: fn(&Happening) -> bool| {
            let feedback =
                state.feedback.values().filter(|feedback| within(feedback.at) && wanted(&feedback.what));
            let emails: BTreeSet<_> = feedback.map(|feedback| &feedback.email_id).collect();
            let of_agents = |id| state.emails.get(id).is_some_and(|email| agents.contains(&email.user_id));
            emails.into_iter().filter(|id| of_agents(id)).count() as u64
        };
        found.came_back = CameBackEmails {
            delivered: emails(|what| matches!(what, Happening::Delivered)),
            opened: emails(|what| matches!(what, Happening::Opened { .. })),
            clicked: emails(|what| matches!(what, Happening::Clicked { .. })),
            bounced: emails(|what| matches!(what, Happening::Bounced(bounce) if bounce.kind.is_failure())),
            complained: emails(|what| matches!(what, Happening::Complained)),
        };
        Ok(found)
    }
}
