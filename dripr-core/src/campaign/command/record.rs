//! Storing what the mailer said. An outcome with an older fence changes nothing.

use super::{AttemptId, Desk, Refusal, Reply, SendOutcome};
use crate::{
    campaign::{CampaignStatus, SlotBasis, dossier::MAY_HAVE_ARRIVED},
    email::{DeliveryStatus, Email, Suppression, SuppressionCause},
    policy::after,
    schedule::Instant,
};

pub(super) fn perform(
    desk: &mut Desk<'_>,
    attempt_id: &AttemptId,
    fence: u64,
    outcome: &SendOutcome,
) -> Result<Reply, Refusal> {
    let mut email = live_attempt(desk, attempt_id, fence)?;
    let now = desk.now;
    match outcome {
        SendOutcome::Accepted { provider_message_id } => {
            accepted(desk, email, provider_message_id.as_deref());
        }
        SendOutcome::NotSent { reason, not_before } => {
            not_accepted(desk, email, reason, *not_before);
        }
        SendOutcome::NeedsPeople { reason } => {
            if sending(desk) {
                desk.put_unsent(email);
                desk.note("not_sent", Some(reason.clone()));
                super::give_up::fail(desk, reason);
            } else {
                not_accepted(desk, email, reason, None);
            }
        }
        SendOutcome::BadRecipient { reason } => {
            if sending(desk) {
                desk.put_unsent(email);
                desk.note("not_sent", Some(reason.clone()));
            } else {
                not_accepted(desk, email, reason, None);
            }
            add_suppression(desk, SuppressionCause::HardBounce);
        }
        SendOutcome::Unknown { reason } => {
            if let Some(attempt) = &mut email.attempt {
                attempt.unknown_since.get_or_insert(now);
                attempt.look_up_at = Some(after(now, desk.policy.first_look_up));
                // What the provider said while the call was under way says nothing.
                attempt.absent_since = None;
            }
            email.delivery_status = DeliveryStatus::Unknown;
            email.cause = Some(reason.clone());
            desk.put_email(email);
            desk.note("outcome_unknown", Some(reason.clone()));
        }
    }
    Ok(Reply::Done)
}

/// The email whose newest attempt this is, still without an outcome.
pub(super) fn live_attempt(desk: &Desk<'_>, attempt_id: &AttemptId, fence: u64) -> Result<Email, Refusal> {
    let newest = desk.dossier.campaign.fence;
    let email = desk.dossier.email.clone().ok_or(Refusal::StaleFence { given: fence, newest })?;
    let ours = email.attempt.as_ref().is_some_and(|a| a.id == *attempt_id && a.fence == fence);
    if !ours || !email.is_live() {
        let newest = email.attempt.as_ref().map_or(newest, |attempt| attempt.fence);
        return Err(Refusal::StaleFence { given: fence, newest });
    }
    Ok(email)
}

pub(super) fn accepted(desk: &mut Desk<'_>, mut email: Email, provider_message_id: Option<&str>) {
    email.delivery_status = DeliveryStatus::Complete;
    email.provider_message_id = provider_message_id.map(str::to_owned);
    email.cause = None;
    let started_at = email.attempt.as_ref().map(|attempt| attempt.started_at);
    let campaign = &mut desk.dossier.campaign;
    campaign.last_sent_email_datetime = campaign.last_sent_email_datetime.max(started_at);
    desk.put_email(email);
    desk.note("sent", None);
    if !sending(desk) {
        close_outside_of_sending(desk);
    }
}

/// Whether the campaign would still send: it was neither unsubscribed nor removed since.
pub(super) fn sending(desk: &Desk<'_>) -> bool {
    let campaign = &desk.dossier.campaign;
    campaign.status == CampaignStatus::ReadyToSendEmail && campaign.deleted_at.is_none()
}

/// The provider definitely does not have it: another try later, or none if the campaign no longer sends.
pub(super) fn not_accepted(desk: &mut Desk<'_>, mut email: Email, reason: &str, not_before: Option<Instant>) {
    if sending(desk) {
        let pause = after(desk.now, desk.policy.resend_pause);
        let again = not_before.map_or(pause, |asked| asked.max(pause));
        desk.put_unsent(email);
        desk.dossier.campaign.send_not_before = Some(again);
        desk.dossier.campaign.send_deferred_because = Some(reason.to_owned());
        desk.note("not_sent", Some(reason.to_owned()));
    } else {
        desk.note("not_sent", Some(reason.to_owned()));
        if email.attempt.as_ref().is_some_and(|attempt| attempt.sent_again) {
            desk.hold(email, MAY_HAVE_ARRIVED);
        } else {
            email.delivery_status = DeliveryStatus::Skipped;
            email.cause = Some(reason.to_owned());
            desk.put_email(email);
        }
        close_outside_of_sending(desk);
    }
}

/// An attempt ended after its campaign was unsubscribed: the cycle is over all the same. A held email counts as sent.
pub(super) fn close_outside_of_sending(desk: &mut Desk<'_>) {
    let sent = desk
        .dossier
        .email
        .as_ref()
        .filter(|email| matches!(email.delivery_status, DeliveryStatus::Complete | DeliveryStatus::Held))
        .and_then(|email| email.attempt.as_ref())
        .map(|attempt| attempt.started_at);
    let rules = *desk.facts().rules;
    let campaign = &mut desk.dossier.campaign;
    if let Some(slot) = campaign.slot {
        campaign.last_cycle = Some(crate::campaign::LastCycle { slot, sent });
        campaign.slot = Some(rules.next_slot(slot, sent, campaign.fixed_send_day));
        campaign.slot_basis = Some(SlotBasis::of(campaign, &rules));
    }
    campaign.email_id = None;
    desk.dossier.email = None;
}

pub(super) fn add_suppression(desk: &mut Desk<'_>, cause: SuppressionCause) {
    let suppression = Suppression {
        user_id: desk.dossier.campaign.user_id.clone(),
        address: desk.dossier.contact.email.clone(),
        cause,
        since: desk.now,
        carried_from: None,
    };
    // The more final cause stays: after an opt-out a bounce changes nothing.
    let stands = match &desk.dossier.suppression {
        Some(known) => known.joined(&suppression),
        None => Some(suppression),
    };
    if let Some(suppression) = stands {
        desk.dossier.suppression = Some(suppression.clone());
        desk.amendment.suppressions.push(suppression);
    }
}
