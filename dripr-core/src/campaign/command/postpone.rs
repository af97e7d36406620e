//! Doing an operation later: a deferral, or a retry after a failed attempt. The instant is stored and the tick
//! announces the work again; nothing waits in a queue.

use super::{Cycle, Desk, Instant, Operation, Refusal, Reply};

pub(super) fn perform(
    desk: &mut Desk<'_>,
    operation: Operation,
    cycle: Cycle,
    until: Instant,
    failure: Option<&str>,
) -> Result<Reply, Refusal> {
    desk.wanted(operation, cycle)?;
    let state = &mut desk.dossier.campaign.operations[operation];
    state.lease = None;
    state.not_before = Some(until);
    if let Some(failure) = failure {
        state.attempts = state.attempts.saturating_add(1);
        state.last_error = Some(failure.to_owned());
    }
    Ok(Reply::Done)
}
