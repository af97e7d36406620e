//! Rejecting an email: it is not sent, and its cycle ends.

use super::{Desk, EmailId, Refusal, Reply};
use crate::email::DeliveryStatus;

pub(super) fn perform(
    desk: &mut Desk<'_>,
    email_id: &EmailId,
    reason: Option<&str>,
) -> Result<Reply, Refusal> {
    let email = desk.email(email_id)?;
    if !email.delivery_status.is_unsent() {
        let wanted = "only an email that was not handed to a mailer can be rejected";
        return Err(Refusal::EmailState { email: email.id.clone(), status: email.delivery_status, wanted });
    }
    let cause = reason.unwrap_or("the agent rejected it");
    desk.end_email(DeliveryStatus::Rejected, cause);
    desk.note("rejected", Some(cause.to_owned()));
    desk.dossier.campaign.cycle_over = Some(cause.to_owned());
    Ok(Reply::Done)
}
