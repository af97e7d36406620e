//! What must have come of everything once nothing failed for long enough.

use super::world::{LONGEST_SLEEP, World};
use crate::{
    access::Reach,
    agent_mail::{Concern, Progress},
    campaign::CampaignStatus,
    policy::{after, before},
    ports::CampaignFilter,
    schedule::Instant,
};

impl World {
    /// I10, I11: every campaign that may run got its email in the calm, nothing is overdue, and every agent is welcomed.
    pub(super) fn must_have_gone_on(&self, calm_since: Instant) {
        let stage = &self.stage;
        let now = self.now();
        let name = if self.source_down().is_some() { "I11" } else { "I10" };
        let all = stage.complete(stage.store.list(&CampaignFilter::default(), None, usize::MAX));
        for dossier in all.unwrap_or_default() {
            let campaign = &dossier.campaign;
            let may_run = dossier.facts(now, &self.policy).may_run(campaign).is_ok()
                && dossier.suppression.is_none()
                && campaign.status != CampaignStatus::Unsubscribed;
            if may_run && stage.taken_since(&campaign.id, calm_since) == 0 {
                let (id, status) = (&campaign.id, campaign.status);
                let (slot, last) = (campaign.slot, campaign.last_cycle);
                stage.tell(format!("{id} is {status}, its slot is {slot:?}, its last cycle was {last:?}"));
                stage.judge(|_| Err(format!("{name}: {id} got no email in the calm days, it is {status}")));
            }
        }
        let bound = self.policy.operation_lease + 2 * LONGEST_SLEEP;
        if let Ok(overdue) = stage.complete(stage.store.due(before(now, bound), 1))
            && let Some(id) = overdue.first()
        {
            stage.judge(|_| Err(format!("I10: nobody looked at {id}, which is overdue")));
        }
        let relay = stage.database.relay();
        if let Some((outbox, _)) = relay
            && let Ok(left) = stage.complete(outbox.unpublished(1, after(now, bound), after(now, bound)))
            && !left.is_empty()
        {
            stage.judge(|_| Err("I8: an event was never published".to_owned()));
        }
        for agent in
            stage.complete(stage.store.agents(&Reach::Deployment, None, usize::MAX)).unwrap_or_default()
        {
            if self.welcomes() && agent.deleted_at.is_none() {
                let told = stage.notices(&agent.id).map(|notices| notices.told).unwrap_or_default();
                let account = stage.complete(stage.store.mail_account(&agent.id)).ok().flatten();
                let grant = account.map(|account| account.grant);
                for concern in Concern::of(&agent, grant.as_ref(), before(now, bound)) {
                    let settled = match concern {
                        Concern::AccountLost { since } | Concern::SendingPaused { since } => {
                            since <= before(now, bound)
                        }
                        Concern::PaymentFailed | Concern::SubscriptionEnded => true,
                    };
                    if settled && !told.contains(&concern) {
                        stage.judge(|_| Err(format!("I10: {} was never told of {concern:?}", agent.id)));
                    }
                }
            }
            let open = matches!(agent.welcome, Progress::Waiting | Progress::Transmitting { .. });
            if self.welcomes() && open {
                stage.judge(|_| Err(format!("I10: {} was never welcomed", agent.id)));
            }
        }
    }
}
