//! Whether the agent approves each email. Turning it on takes back what the system approved and nobody sent yet;
//! turning it off approves nothing that waits.

use super::{Desk, Refusal, Reply};
use crate::email::DeliveryStatus;

pub(super) fn perform(desk: &mut Desk<'_>, check_before_sending: bool) -> Result<Reply, Refusal> {
    if desk.dossier.campaign.check_before_sending == check_before_sending {
        return Ok(Reply::Done);
    }
    desk.dossier.campaign.check_before_sending = check_before_sending;
    desk.note(if check_before_sending { "approval_required" } else { "approval_not_required" }, None);
    let approved = |email: &crate::email::Email| email.delivery_status == DeliveryStatus::Approved;
    if check_before_sending && let Some(email) = desk.dossier.email.clone().filter(approved) {
        desk.put_unsent(email);
    }
    Ok(Reply::Done)
}
