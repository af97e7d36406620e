//! What time has made due. Transitions happen before and after every command; what is left here is work whose
//! announcement was lost, deferred or abandoned.

use super::{Desk, Refusal, Reply};
use crate::{
    campaign::{CampaignStatus, Provision, SubStatus, deadline::work_due_at},
    email::DeliveryStatus,
    policy::after,
};

pub(super) fn perform(desk: &mut Desk<'_>) -> Result<Reply, Refusal> {
    let now = desk.now;
    if work_due_at(&desk.dossier.campaign, &desk.facts()).is_none_or(|due| now < due) {
        return Ok(Reply::Done);
    }
    let (limit, lease) = (desk.policy.attempts, desk.policy.operation_lease);
    let status = desk.dossier.campaign.status;
    let asks = desk.dossier.email.as_ref().is_some_and(|e| e.delivery_status == DeliveryStatus::Unknown);
    if asks || status == CampaignStatus::ReadyToSendEmail {
        desk.announce_again();
        return Ok(Reply::Done);
    }
    let announced = desk.dossier.campaign.announced_at;
    let pending: Vec<_> = desk.dossier.campaign.operations.pending(status).collect();
    let mut given_up = None;
    for operation in pending {
        let state = &mut desk.dossier.campaign.operations[operation];
        match (state.lease, state.not_before) {
            (Some(work), _) if now < work.until => continue,
            (None, Some(later)) if now < later => continue,
            // A deferral or retry has come: the failed attempt was counted when it failed.
            (None, Some(_)) => {}
            // Abandoned in hand, or its delivery was lost.
            (Some(_), _) | (None, None) => {
                if state.lease.is_none() && announced.is_some_and(|at| now < after(at, lease)) {
                    continue;
                }
                state.attempts = state.attempts.saturating_add(1);
            }
        }
        state.lease = None;
        state.not_before = None;
        if state.attempts >= limit {
            let reason = state
                .last_error
                .clone()
                .unwrap_or_else(|| format!("{operation} was begun {limit} times and never finished"));
            if operation == crate::campaign::Operation::EmailCreation {
                state.status = SubStatus::Error;
                given_up = Some(reason);
            } else {
                state.status = SubStatus::Ready;
                state.provision = Some(Provision::Omitted(reason));
            }
        }
    }
    if let Some(reason) = given_up {
        super::give_up::fail(desk, &reason);
        return Ok(Reply::Done);
    }
    if desk.dossier.campaign.operations.pending(status).next().is_some() {
        desk.announce_again();
    }
    Ok(Reply::Done)
}
