//! Storing what the provider said of an unknown outcome. What nobody can tell for a day is held, and what the provider
//! does not have is sent again once it has said so twice.

use super::{AttemptId, Desk, LookUp, Refusal, Reply, record};
use crate::{agent::UnknownOutcome, email::Email, policy::after};

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
        LookUp::NotAccepted if !absent_long_enough(desk, &mut email) => desk.put_email(email),
        LookUp::NotAccepted => {
            // All tries have the same id: none of them arrived.
            if let Some(attempt) = &mut email.attempt {
                attempt.sent_again = false;
            }
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
            let first = email.attempt.as_mut().filter(|attempt| !attempt.sent_again);
            if sending
                && desk.dossier.agent.unknown_outcome == UnknownOutcome::Resend
                && let Some(attempt) = first
            {
                attempt.sent_again = true;
                desk.put_unsent(email);
                desk.note(
                    "sent_again",
                    Some("the agent chose to send again what nobody can tell".to_owned()),
                );
                desk.announce_again();
                return Ok(Reply::Done);
            }
            desk.hold(email, "nobody could tell for a day whether the provider has it");
            if !record::sending(desk) {
                record::close_outside_of_sending(desk);
            }
        }
    }
    Ok(Reply::Done)
}

/// Whether the provider has been without the email for as long as a call and what the provider does after it can take;
/// otherwise it is to be asked again.
///
/// Where the clock jumped ahead, the first answer may come while the call is still under way, or before the provider
/// shows what it took.
fn absent_long_enough(desk: &Desk<'_>, email: &mut Email) -> bool {
    let Some(attempt) = &mut email.attempt else { return true };
    let believed_at = after(*attempt.absent_since.get_or_insert(desk.now), desk.policy.absence());
    attempt.look_up_at = Some(believed_at);
    desk.now >= believed_at
}
