//! When time alone will ask something of a campaign. Stored with it, so that what is due is one range scan.

use super::{Campaign, CampaignStatus, Facts, decide};
use crate::{
    email::DeliveryStatus,
    policy::{FARTHEST, after},
    schedule::Instant,
};

/// When to look at a campaign again if nothing else happens; `None` if only somebody's doing can move it.
///
/// Looking earlier does no harm, looking later would be late. So it is not farther ahead than [`FARTHEST`], unless it
/// follows from a slot that a wrong clock left behind: that is to be found.
#[must_use]
pub fn deadline(campaign: &Campaign, facts: &Facts<'_>) -> Option<Instant> {
    let far = after(facts.now, FARTHEST);
    let at = asked_at(campaign, facts)?;
    let wrong = campaign.slot.is_some_and(|slot| facts.is_wrong(slot));
    Some(if wrong { at } else { at.min(far) })
}

fn asked_at(campaign: &Campaign, facts: &Facts<'_>) -> Option<Instant> {
    if campaign.deleted_at.is_none() && decide(campaign, facts).is_some() {
        return Some(facts.now);
    }
    let work = work_due_at(campaign, facts);
    if campaign.deleted_at.is_some() || facts.live() {
        return work;
    }
    match campaign.status {
        CampaignStatus::Unsubscribed => None,
        CampaignStatus::Dormant => {
            // Without a slot there is one to be planned.
            let Some(slot) = campaign.slot else { return Some(facts.now) };
            let (created, approval) = (campaign.counts_as_created(), campaign.check_before_sending);
            facts.may_run(campaign).ok().map(|()| facts.rules.preparation(created, slot, approval))
        }
        CampaignStatus::WaitingForData
        | CampaignStatus::WaitingForHomeAnalysis
        | CampaignStatus::ReadyToCreateEmail
        | CampaignStatus::ReadyToSendEmail
        | CampaignStatus::Error => {
            let grace = campaign.slot.map(|slot| facts.rules.grace_end(slot));
            let retry = campaign.failure.as_ref().map(|failure| failure.retry_at);
            [
                work,
                grace,
                retry,
                facts.outdated_at(campaign),
                release_at(campaign, facts),
                facts.agent.lapses_at(),
            ]
            .into_iter()
            .flatten()
            .min()
        }
    }
}

/// When an approved email moves on to being sent.
fn release_at(campaign: &Campaign, facts: &Facts<'_>) -> Option<Instant> {
    (campaign.status == CampaignStatus::ReadyToCreateEmail && facts.approved())
        .then(|| facts.may_leave_at(campaign))
        .flatten()
}

/// When the present status's work is to be announced again: it was put off, abandoned, or its event was lost.
pub(super) fn work_due_at(campaign: &Campaign, facts: &Facts<'_>) -> Option<Instant> {
    let lost_at = after(campaign.announced_at.unwrap_or(campaign.status_since), facts.policy.operation_lease);
    if let Some((email, attempt)) = facts.email.and_then(|email| email.attempt.as_ref().map(|a| (email, a))) {
        match email.delivery_status {
            DeliveryStatus::Transmitting => return Some(attempt.lease_until),
            DeliveryStatus::Unknown => {
                let announced = |at: &Instant| campaign.announced_at >= Some(*at);
                return attempt.look_up_at.map(|at| if announced(&at) { at.max(lost_at) } else { at });
            }
            _ => {}
        }
    }
    if campaign.deleted_at.is_some() {
        return None;
    }
    match campaign.status {
        CampaignStatus::WaitingForData
        | CampaignStatus::WaitingForHomeAnalysis
        | CampaignStatus::ReadyToCreateEmail => campaign
            .operations
            .pending(campaign.status)
            .map(|operation| {
                let state = &campaign.operations[operation];
                state.lease.map(|lease| lease.until).or(state.not_before).unwrap_or(lost_at)
            })
            .min(),
        CampaignStatus::ReadyToSendEmail => {
            if !facts.approved() {
                return None;
            }
            let may_leave = facts.may_leave_at(campaign)?;
            // A deferral waits for its own instant; otherwise the last announcement is given time to be handled.
            let deferred = campaign.send_not_before.is_some_and(|later| campaign.announced_at < Some(later));
            Some(if deferred { may_leave } else { may_leave.max(lost_at) })
        }
        CampaignStatus::Dormant | CampaignStatus::Unsubscribed | CampaignStatus::Error => None,
    }
}
