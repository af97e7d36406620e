//! Storing what an operation brought. The last of a status moves the campaign on in the same write.

use super::{Cycle, CycleContent, Desk, Operation, Provision, Refusal, Reply};
use crate::campaign::{OperationState, SubStatus};

pub(super) fn perform(
    desk: &mut Desk<'_>,
    operation: Operation,
    cycle: Cycle,
    fence: Option<u64>,
    provision: &Provision,
    content: Option<&CycleContent>,
) -> Result<Reply, Refusal> {
    desk.wanted(operation, cycle)?;
    let state = &mut desk.dossier.campaign.operations[operation];
    if let (Some(given), Some(lease)) = (fence, state.lease)
        && given != lease.fence
    {
        return Err(Refusal::StaleFence { given, newest: lease.fence });
    }
    *state = OperationState {
        status: SubStatus::Ready,
        attempts: state.attempts,
        provision: Some(provision.clone()),
        last_error: state.last_error.take(),
        ..OperationState::default()
    };
    if let Some(content) = content {
        desk.amendment.content.push((cycle, operation, content.clone()));
    }
    if let Provision::Omitted(reason) = provision {
        desk.note(&format!("{operation}_omitted"), Some(reason.clone()));
    }
    Ok(Reply::Done)
}
