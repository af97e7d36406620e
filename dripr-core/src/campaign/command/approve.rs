//! Approving one email by its content.

use super::{ContentHash, Desk, EmailId, Refusal, Reply, UserId};
use crate::email::{Approval, ApprovedBy, DeliveryStatus};

pub(super) fn perform(
    desk: &mut Desk<'_>,
    email_id: &EmailId,
    content_hash: ContentHash,
    of: &UserId,
) -> Result<Reply, Refusal> {
    let mut email = desk.email(email_id)?.clone();
    // To who reaches another agent's emails it does not exist, whatever its state.
    if *of != email.user_id {
        return Err(Refusal::NoEmail(email.id));
    }
    match email.delivery_status {
        DeliveryStatus::Created => {}
        // Saying it twice is saying it once.
        DeliveryStatus::Approved if email.content_hash == content_hash => return Ok(Reply::Done),
        status => {
            let wanted = "only an email that waits for approval can be approved";
            return Err(Refusal::EmailState { email: email.id, status, wanted });
        }
    }
    if email.content_hash != content_hash {
        return Err(Refusal::OtherContent(email.id));
    }
    email.delivery_status = DeliveryStatus::Approved;
    email.approval = Some(Approval {
        by: ApprovedBy::User(of.clone()),
        actor: Some(desk.actor.clone()),
        content_hash,
        at: desk.now,
    });
    desk.put_email(email);
    desk.note("approved", None);
    Ok(Reply::Done)
}
