//! Learning of a cycle that another system has brought to its end.

use super::{Desk, Refusal, Reply};
use crate::campaign::LastCycle;

/// Takes over a cycle that ended elsewhere, if it is news. The pending slot is planned again from it, so that an email of
/// ours for the same month is not sent.
pub(super) fn perform(desk: &mut Desk<'_>, ended: LastCycle) -> Result<Reply, Refusal> {
    let campaign = &mut desk.dossier.campaign;
    let last_cycle = LastCycle::later(campaign.last_cycle, Some(ended));
    let last_sent = campaign.last_sent_email_datetime.max(ended.sent);
    if last_cycle == campaign.last_cycle && last_sent == campaign.last_sent_email_datetime {
        return Ok(Reply::Done);
    }
    campaign.last_cycle = last_cycle;
    campaign.last_sent_email_datetime = last_sent;
    // A slot without the rules it follows from is planned again.
    campaign.slot_basis = None;
    let what = if ended.sent.is_some() { "sent" } else { "ended" };
    desk.note("carried_over", Some(format!("another system {what} the cycle {}", ended.slot.cycle())));
    Ok(Reply::Done)
}
