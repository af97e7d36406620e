//! Email creation cannot succeed: the campaign goes to ERROR with the reason.

use super::{Cycle, Desk, Operation, Refusal, Reply};
use crate::{
    campaign::{CampaignStatus, Failure, SubStatus},
    policy::after,
};

pub(super) fn perform(
    desk: &mut Desk<'_>,
    operation: Operation,
    cycle: Cycle,
    reason: &str,
    fetch_again: bool,
) -> Result<Reply, Refusal> {
    desk.wanted(operation, cycle)?;
    let state = &mut desk.dossier.campaign.operations[operation];
    state.status = SubStatus::Error;
    state.lease = None;
    state.not_before = None;
    state.last_error = Some(reason.to_owned());
    fail(desk, reason);
    if fetch_again && let Some(failure) = &mut desk.dossier.campaign.failure {
        failure.in_status = CampaignStatus::WaitingForData;
    }
    Ok(Reply::Done)
}

/// Marks the campaign as needing a person; the transition to ERROR follows.
pub(super) fn fail(desk: &mut Desk<'_>, reason: &str) {
    let retry_at = after(desk.now, desk.policy.retry_every);
    let in_status = desk.dossier.campaign.status;
    desk.dossier.campaign.failure = Some(Failure { in_status, reason: reason.to_owned(), retry_at });
}
