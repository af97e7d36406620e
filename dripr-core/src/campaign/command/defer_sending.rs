//! Sending later, because a quota is used up for now. It costs no attempt.

use super::{Desk, EmailId, Instant, Refusal, Reply};
use crate::campaign::CampaignStatus;

pub(super) fn perform(
    desk: &mut Desk<'_>,
    email_id: &EmailId,
    until: Instant,
    reason: &str,
) -> Result<Reply, Refusal> {
    let email = desk.email(email_id)?;
    if desk.dossier.campaign.status != CampaignStatus::ReadyToSendEmail || email.is_live() {
        let wanted = "only an email that waits to be sent can be deferred";
        return Err(Refusal::EmailState { email: email.id.clone(), status: email.delivery_status, wanted });
    }
    desk.dossier.campaign.send_not_before = Some(until);
    desk.dossier.campaign.send_deferred_because = Some(reason.to_owned());
    Ok(Reply::Done)
}
