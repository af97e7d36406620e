//! When the next email leaves, as things stand.

use super::{
    Campaign, CampaignStatus, Facts,
    plan::{Planned, planned},
};
use crate::schedule::Instant;

/// The instant at which a campaign's next email can leave at the earliest; `None` where none will go as things stand: the campaign is
/// removed, disabled or failed, its recipient gets no mail, its agent may not send now or will not be able to by then, or an email
/// is in the mail provider's hands just now.
///
/// It takes for granted that an email that waits for approval will be approved: it says until when there is time for that. A campaign
/// whose slot is not planned yet is answered with the one that will be planned.
#[must_use]
pub fn next_send_at(campaign: &Campaign, facts: &Facts<'_>) -> Option<Instant> {
    let ended = matches!(campaign.status, CampaignStatus::Unsubscribed | CampaignStatus::Error);
    if ended || campaign.deleted_at.is_some() || facts.no_mail.is_some() || facts.live() {
        return None;
    }
    facts.may_run(campaign).ok()?;
    let (rules, day) = (facts.rules, campaign.fixed_send_day);
    let slot = match planned(campaign, facts) {
        Planned::Stands | Planned::Confirmed(_) => campaign.slot?,
        Planned::Moved(slot, _) => slot,
    };
    let slot = rules.resume(slot, facts.now, day).slot;
    let in_time = facts.leaves_at(campaign, slot, campaign.send_not_before);
    // What is put off for longer than its grace is not sent, and what it was put off for ends with its cycle.
    let at = if in_time < rules.grace_end(slot) {
        in_time
    } else {
        facts.leaves_at(campaign, rules.next_slot(slot, None, day), None)
    };
    facts.agent.may_send(at).is_ok().then_some(at)
}
