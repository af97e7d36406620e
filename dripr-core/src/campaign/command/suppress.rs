//! The recipient is not to be written to any more, by this agent. The store applies it to each of the agent's
//! campaigns to that address.

use super::{Desk, Refusal, Reply, SuppressionCause, record};

pub(super) fn perform(desk: &mut Desk<'_>, cause: SuppressionCause) -> Result<Reply, Refusal> {
    record::add_suppression(desk, cause);
    desk.note("suppressed", Some(cause.sentence().to_owned()));
    Ok(Reply::Done)
}
