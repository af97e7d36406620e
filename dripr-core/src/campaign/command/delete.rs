//! Removing a campaign. Its history and its recipient's opt-out stay.

use super::{Desk, Refusal, Reply};
use crate::{campaign::LastCycle, email::DeliveryStatus};

pub(super) fn perform(desk: &mut Desk<'_>) -> Result<Reply, Refusal> {
    desk.end_email(DeliveryStatus::Superseded, "the campaign was removed");
    desk.note("deleted", None);
    // An attempt under way counts as a sending, should the same campaign be made again.
    let live = desk
        .dossier
        .email
        .as_ref()
        .filter(|email| email.is_live() || email.delivery_status == DeliveryStatus::Held);
    let started_at = live.and_then(|email| email.attempt.as_ref()).map(|attempt| attempt.started_at);
    let campaign = &mut desk.dossier.campaign;
    if let (Some(slot), Some(started_at)) = (campaign.slot, started_at) {
        campaign.last_cycle = Some(LastCycle { slot, sent: Some(started_at) });
        campaign.last_sent_email_datetime = Some(started_at);
    }
    campaign.deleted_at = Some(desk.now);
    Ok(Reply::Done)
}
