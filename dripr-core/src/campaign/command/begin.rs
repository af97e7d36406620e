//! Taking an operation in hand: a lease with a fence, and the calls counted before they are made, so that no crash
//! makes them free.

use super::{Cycle, Desk, Operation, Refusal, Reply, spend};
use crate::{campaign::Lease, policy::after};

pub(super) fn perform(
    desk: &mut Desk<'_>,
    operation: Operation,
    cycle: Cycle,
    vendor_calls: u8,
    model_calls: u8,
) -> Result<Reply, Refusal> {
    desk.wanted(operation, cycle)?;
    let now = desk.now;
    let until = after(now, desk.policy.operation_lease);
    if let Some(held) = desk.dossier.campaign.operations[operation].lease
        && now < held.until
    {
        return Err(Refusal::InHand { operation, until: held.until });
    }
    spend::count(desk, vendor_calls, model_calls)?;
    let campaign = &mut desk.dossier.campaign;
    campaign.fence += 1;
    let fence = campaign.fence;
    campaign.operations[operation].lease = Some(Lease { fence, until });
    Ok(Reply::Begun { fence })
}
