//! Letting a campaign run, and halting it. Halting stands it down; on return the pending slot is resumed.

use super::{Desk, Refusal, Reply};
use crate::campaign::CampaignStatus;

pub(super) fn perform(desk: &mut Desk<'_>, enabled: bool) -> Result<Reply, Refusal> {
    let now = desk.now;
    let campaign = &mut desk.dossier.campaign;
    if campaign.enabled == enabled {
        return Ok(Reply::Done);
    }
    campaign.enabled = enabled;
    if enabled {
        campaign.enabled_at = now;
        // One that never sent counts as made now: its first slot is planned anew.
        if campaign.last_sent_email_datetime.is_none() && campaign.status == CampaignStatus::Dormant {
            campaign.slot = None;
            campaign.slot_basis = None;
        }
    }
    desk.note(if enabled { "enabled" } else { "disabled" }, None);
    Ok(Reply::Done)
}
