//! Taking an operation in hand: a lease with a fence.

use super::{Cycle, Desk, Operation, Refusal, Reply};
use crate::{campaign::Lease, policy::after};

pub(super) fn perform(desk: &mut Desk<'_>, operation: Operation, cycle: Cycle) -> Result<Reply, Refusal> {
    desk.wanted(operation, cycle)?;
    let now = desk.now;
    let until = after(now, desk.policy.operation_lease);
    if let Some(held) = desk.dossier.campaign.operations[operation].lease
        && now < held.until
    {
        return Err(Refusal::InHand { operation, until: held.until });
    }
    let campaign = &mut desk.dossier.campaign;
    campaign.fence += 1;
    let fence = campaign.fence;
    campaign.operations[operation].lease = Some(Lease { fence, until });
    Ok(Reply::Begun { fence })
}
