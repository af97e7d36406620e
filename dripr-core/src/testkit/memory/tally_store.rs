use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::MemoryStore;
use crate::{
    email::{DeliveryStatus, Email, SuppressionCause},
    errors::PortResult,
    feedback::Happening,
    ids::EmailId,
    ports::{AtOnce, CameBack, TallyStore},
    safeguards::Complaints,
    schedule::Instant,
};

#[async_trait]
impl TallyStore for MemoryStore {
    async fn overdue(&self, before: Instant, most: u64) -> PortResult<u64> {
        let state = self.lock();
        let overdue = state.deadlines.values().filter(|at| **at < before && **at > Instant::MIN_UTC);
        Ok((overdue.count() as u64).min(most))
    }

    async fn at_once(&self, most: u64) -> PortResult<AtOnce> {
        let state = self.lock();
        let ids = state.deadlines.iter().filter(|(_, at)| **at == Instant::MIN_UTC).map(|(id, _)| id);
        let first = ids.clone().min().cloned();
        Ok(AtOnce { first, count: (ids.count() as u64).min(most) })
    }

    async fn came_back(&self) -> PortResult<CameBack> {
        let mut came = CameBack::default();
        for feedback in self.lock().feedback.values() {
            match &feedback.what {
                Happening::Bounced(bounce) => came.bounced += u64::from(bounce.kind.is_failure()),
                Happening::Complained => came.complained += 1,
                Happening::Delivered
                | Happening::Opened { .. }
                | Happening::Clicked { .. }
                | Happening::OptedOut
                | Happening::OptedIn => {}
            }
        }
        Ok(came)
    }

    async fn all_complaints(&self, since: Instant) -> PortResult<Complaints> {
        let state = self.lock();
        let sent = |email: &&Email| {
            email.delivery_status == DeliveryStatus::Complete && email.scheduled_send_datetime >= since
        };
        let complained: BTreeSet<&EmailId> = state
            .feedback
            .values()
            .filter(|feedback| feedback.what == Happening::Complained && feedback.at >= since)
            .map(|feedback| &feedback.email_id)
            .collect();
        let sent = state.emails.values().filter(sent).count() as u64;
        Ok(Complaints { sent, complained: complained.len() as u64 })
    }

    async fn count_suppressions(&self) -> PortResult<Vec<(SuppressionCause, u64)>> {
        let mut counts = BTreeMap::new();
        for suppression in self.lock().suppressions.values() {
            *counts.entry(suppression.cause).or_insert(0) += 1;
        }
        Ok(counts.into_iter().collect())
    }
}
