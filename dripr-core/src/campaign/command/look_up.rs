//! Storing what the provider said of an unknown outcome. What nobody can tell for a day is held.

use super::{AttemptId, Desk, LookUp, Refusal, Reply, record};
use crate::{agent::UnknownOutcome, email::DeliveryStatus, policy::after};

pub(super) fn perform(
    desk: &mut Desk<'_>,
    attempt_id: &AttemptId,
    fence: u64,
    answer: &LookUp,
) -> Result<Reply, Refusal> {
    let mut email = record::live_attempt(desk, attempt_id, fence)?;
    let now = desk.now;
    match answer {
        LookUp::Accepted { provider_message_id } => {
            record::accepted(desk, email, provider_message_id.as_deref());
        }
        LookUp::NotAccepted => {
            let reason = "the provider says that it never got the email";
            record::not_accepted(desk, email, reason, None);
            // It is certain that nothing left: no reason to pause before the next try.
            desk.dossier.campaign.send_not_before = None;
            desk.dossier.campaign.send_deferred_because = None;
            if desk.dossier.email.is_some() {
                desk.announce_again();
            }
        }
        LookUp::CannotTell => {
            let since = email.attempt.as_ref().and_then(|a| a.unknown_since).unwrap_or(now);
            if now < after(since, desk.policy.hold_after) {
                if let Some(attempt) = &mut email.attempt {
                    attempt.look_up_at = Some(after(now, desk.policy.look_up_every));
                }
                desk.put_email(email);
                return Ok(Reply::Done);
            }
            let sending = desk.dossier.campaign.status == crate::campaign::CampaignStatus::ReadyToSendEmail;
            if sending && desk.dossier.agent.unknown_outcome == UnknownOutcome::Resend {
                desk.put_unsent(email);
                desk.note(
                    "sent_again",
                    Some("the agent chose to send again what nobody can tell".to_owned()),
                );
                desk.announce_again();
                return Ok(Reply::Done);
            }
            email.delivery_status = DeliveryStatus::Held;
            email.cause = Some("nobody could tell for a day whether the provider has it".to_owned());
            let started_at = email.attempt.as_ref().map(|attempt| attempt.started_at);
            if started_at > desk.dossier.campaign.last_sent_email_datetime {
                desk.dossier.campaign.last_sent_email_datetime = started_at;
            }
            desk.put_email(email);
            desk.note("held", Some("the outcome stayed unknown".to_owned()));
            if !record::sending(desk) {
                record::close_outside_of_sending(desk);
            }
        }
    }
    Ok(Reply::Done)
}
