//! Counting provider calls before they are made, so that no crash makes them free. Who may make them is decided
//! elsewhere: by the lease of an operation or of an area's content.

use super::{Cycle, Desk, Operation, Refusal, Reply};
use crate::campaign::Calls;

pub(super) fn perform(
    desk: &mut Desk<'_>,
    operation: Operation,
    cycle: Cycle,
    vendor_calls: u8,
    model_calls: u8,
) -> Result<Reply, Refusal> {
    desk.wanted(operation, cycle)?;
    let spent = desk.dossier.campaign.calls;
    let vendor = spent.vendor.saturating_add(vendor_calls);
    let model = spent.model.saturating_add(model_calls);
    if vendor > desk.policy.vendor_calls {
        return Err(Refusal::BudgetSpent("data provider"));
    }
    if model > desk.policy.model_calls {
        return Err(Refusal::BudgetSpent("writer"));
    }
    desk.dossier.campaign.calls = Calls { vendor, model };
    Ok(Reply::Done)
}
