//! A provider has an email after all: something came back of it.

use super::{Desk, EmailId, Refusal, Reply, record};
use crate::email::DeliveryStatus;

pub(super) fn perform(desk: &mut Desk<'_>, email_id: &EmailId) -> Result<Reply, Refusal> {
    let email = desk.email(email_id)?.clone();
    let tried = email.attempt.is_some();
    match email.delivery_status {
        DeliveryStatus::Complete => {}
        // Whoever has it in hand will find its outcome known.
        DeliveryStatus::Transmitting | DeliveryStatus::Unknown => record::accepted(desk, email, None),
        // It counted as not sent, and would be sent again.
        DeliveryStatus::Approved if tried && record::sending(desk) => record::accepted(desk, email, None),
        status => {
            let wanted = "only an email that was handed to a provider can have arrived";
            return Err(Refusal::EmailState { email: email.id, status, wanted });
        }
    }
    Ok(Reply::Done)
}
