//! Whether the agent approves each email. Turning it on takes back what the system approved and nobody sent yet;
//! turning it off approves nothing that waits.

use super::{Desk, Refusal, Reply};
use crate::email::{ApprovedBy, DeliveryStatus};

pub(super) fn perform(desk: &mut Desk<'_>, check_before_sending: bool) -> Result<Reply, Refusal> {
    if desk.dossier.campaign.check_before_sending == check_before_sending {
        return Ok(Reply::Done);
    }
    desk.dossier.campaign.check_before_sending = check_before_sending;
    desk.note(if check_before_sending { "approval_required" } else { "approval_not_required" }, None);
    let by_system = |email: &crate::email::Email| {
        email.delivery_status == DeliveryStatus::Approved
            && email.approval.as_ref().is_some_and(|approval| approval.by == ApprovedBy::System)
    };
    if check_before_sending && let Some(mut email) = desk.dossier.email.clone().filter(by_system) {
        email.delivery_status = DeliveryStatus::Created;
        email.approval = None;
        desk.put_email(email);
    }
    Ok(Reply::Done)
}
