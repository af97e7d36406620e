//! Taking an email in hand for sending. All that must hold at the last moment is looked at here, in the transaction
//! that stores the attempt; without a stored attempt no mailer is called.

use super::{Attempt, AttemptId, Desk, EmailId, Refusal, Reply};
use crate::{
    campaign::CampaignStatus,
    email::{DeliveryStatus, MessageId},
    policy::after,
};

pub(super) fn perform(desk: &mut Desk<'_>, email_id: &EmailId) -> Result<Reply, Refusal> {
    let now = desk.now;
    let email = desk.email(email_id)?.clone();
    if email.delivery_status != DeliveryStatus::Approved {
        let wanted = "only an approved email can be sent";
        return Err(Refusal::EmailState { email: email.id, status: email.delivery_status, wanted });
    }
    if !desk.facts().approved() {
        return Err(Refusal::OtherContent(email.id));
    }
    let campaign = &desk.dossier.campaign;
    if campaign.status != CampaignStatus::ReadyToSendEmail {
        let wanted = "its email may leave at READY_TO_SEND_EMAIL only";
        return Err(Refusal::CampaignState { status: campaign.status, wanted });
    }
    // Opt-out, standing of the agent and grace were looked at before: each would have moved the campaign on.
    if let Some(until) = desk.facts().may_leave_at(campaign).filter(|until| now < *until) {
        let why = match &campaign.send_deferred_because {
            Some(why) if campaign.send_not_before.is_some_and(|at| now < at) => why.clone(),
            _ => "the sending window is closed".to_owned(),
        };
        return Err(Refusal::NotNow { until, why });
    }
    let mut email = email;
    let number = email.attempt.as_ref().map_or(0, |attempt| attempt.number) + 1;
    let message_id = match &email.attempt {
        Some(attempt) => attempt.message_id.clone(),
        None => MessageId::of(&email.id, &desk.dossier.agent.email),
    };
    let lease_until = after(now, desk.policy.attempt_lease());
    let campaign = &mut desk.dossier.campaign;
    campaign.fence += 1;
    campaign.send_not_before = None;
    campaign.send_deferred_because = None;
    let attempt = Attempt {
        id: AttemptId::of(&email.id, number),
        number,
        fence: campaign.fence,
        message_id,
        started_at: now,
        lease_until,
        look_up_at: None,
        unknown_since: None,
        absent_since: None,
        sent_again: email.attempt.as_ref().is_some_and(|attempt| attempt.sent_again),
    };
    email.delivery_status = DeliveryStatus::Transmitting;
    email.attempt = Some(attempt.clone());
    desk.put_email(email);
    desk.note("claimed", None);
    Ok(Reply::Claimed(Box::new(attempt)))
}
