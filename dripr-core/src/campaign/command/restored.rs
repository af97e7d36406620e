//! The database was restored from a backup: what it does not know of may have been sent since.

use super::{Desk, Instant, Refusal, Reply};
use crate::{
    campaign::{CampaignStatus, SlotBasis, Transition},
    email::DeliveryStatus,
    policy::after,
};

/// How many emails, fences and changes are passed over: the campaign may have made so many since the backup, under names that
/// must not come again.
const LEAP: u32 = 1_000;

/// How many cycles in a row are looked at; a campaign that was disabled for longer is found to be late again.
const CYCLES: u8 = 120;

/// Ends the cycle whose email may have left since: one whose slot is reached. An attempt under way is of unknown outcome, and is
/// never followed by another.
pub(super) fn perform(desk: &mut Desk<'_>, taken_at: Instant) -> Result<Reply, Refusal> {
    if taken_at > desk.now {
        let (field, value) = ("taken_at", taken_at.to_rfc3339());
        return Err(Refusal::Invalid { field, value, reason: "is later than the present" });
    }
    let cause = format!("restored from a backup of {}: it may have been sent since", shown(taken_at));
    let campaign = &mut desk.dossier.campaign;
    campaign.email_revision = campaign.email_revision.saturating_add(LEAP);
    campaign.fence = campaign.fence.saturating_add(LEAP.into());
    campaign.version = campaign.version.saturating_add(LEAP.into());
    desk.amendment.campaign = true;
    desk.note("restored", Some(format!("from a backup of {}", shown(taken_at))));
    if desk.facts().live() {
        if !is_behind(desk) {
            ask_again(desk);
            // It takes effect once the outcome is known.
            desk.dossier.campaign.cycle_over = Some(cause);
            return Ok(Reply::Done);
        }
        // The cycle after it may have been sent too, and is not to begin when the outcome is known: it is over now.
        hold(desk)?;
    }
    let now = desk.now;
    let Some(slot) = desk.dossier.campaign.slot.filter(|slot| slot.at() <= now) else {
        return Ok(Reply::Done);
    };
    match desk.dossier.campaign.status {
        CampaignStatus::Dormant | CampaignStatus::Unsubscribed => {
            desk.note("cycle_skipped", Some(cause));
            let rules = *desk.facts().rules;
            let campaign = &mut desk.dossier.campaign;
            campaign.last_cycle = Some(crate::campaign::LastCycle { slot, sent: None });
            campaign.slot_basis = Some(SlotBasis::of(campaign, &rules));
        }
        CampaignStatus::WaitingForData
        | CampaignStatus::WaitingForHomeAnalysis
        | CampaignStatus::ReadyToCreateEmail
        | CampaignStatus::ReadyToSendEmail
        | CampaignStatus::Error => desk.make(&Transition::EndCycle { cause })?,
    }
    // As if it had been sent just now, so that the minimum gap holds whenever it was.
    let rules = *desk.facts().rules;
    let campaign = &mut desk.dossier.campaign;
    let mut next = slot;
    for _ in 0..CYCLES {
        next = rules.next_slot(next, Some(now), campaign.fixed_send_day);
        if next.at() > now {
            break;
        }
    }
    campaign.slot = Some(next);
    Ok(Reply::Done)
}

/// Whether the slot after the one that is under way is reached as well.
fn is_behind(desk: &Desk<'_>) -> bool {
    let campaign = &desk.dossier.campaign;
    let started_at =
        desk.dossier.email.as_ref().and_then(|email| email.attempt.as_ref()).map(|a| a.started_at);
    let next = |slot| desk.facts().rules.next_slot(slot, started_at, campaign.fixed_send_day);
    campaign.slot.is_some_and(|slot| next(slot).at() <= desk.now)
}

/// Holds what is under way, and ends its cycle.
fn hold(desk: &mut Desk<'_>) -> Result<(), Refusal> {
    let Some(email) = desk.dossier.email.clone() else { return Ok(()) };
    desk.hold(email, "it was being handed over when the backup was taken");
    if super::record::sending(desk) {
        desk.make(&Transition::Sent)
    } else {
        super::record::close_outside_of_sending(desk);
        Ok(())
    }
}

/// Whoever had the attempt in hand is gone, and what the provider said of it before the backup is no longer to be believed.
fn ask_again(desk: &mut Desk<'_>) {
    let (now, asked_at) = (desk.now, after(desk.now, desk.policy.first_look_up));
    let Some(mut email) = desk.dossier.email.clone() else { return };
    let was_in_hand = email.delivery_status == DeliveryStatus::Transmitting;
    if let Some(attempt) = &mut email.attempt {
        attempt.unknown_since.get_or_insert(now);
        attempt.look_up_at = Some(asked_at);
        attempt.absent_since = None;
    }
    email.delivery_status = DeliveryStatus::Unknown;
    if was_in_hand {
        let cause = "it was being handed over when the backup was taken";
        email.cause = Some(cause.to_owned());
        desk.note("outcome_unknown", Some(cause.to_owned()));
    }
    desk.put_email(email);
}

fn shown(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
