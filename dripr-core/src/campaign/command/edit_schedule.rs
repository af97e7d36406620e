//! Another send day. A slot that moves is a transition; while an attempt is live the day counts from the next cycle.

use super::{Desk, Refusal, Reply, SendDay};

pub(super) fn perform(desk: &mut Desk<'_>, fixed_send_day: SendDay) -> Result<Reply, Refusal> {
    if desk.dossier.campaign.fixed_send_day != fixed_send_day {
        desk.dossier.campaign.fixed_send_day = fixed_send_day;
        desk.note("schedule_edited", Some(format!("send day {fixed_send_day}")));
    }
    Ok(Reply::Done)
}
