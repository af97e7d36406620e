//! Storing the rendered email: older unsent ones are superseded, and an email that needs no approval has it.

use super::{CommercialMessage, Cycle, Desk, EmailId, Operation, Provision, Refusal, Reply};
use crate::{
    campaign::{OperationState, SubStatus},
    email::{Approval, ApprovedBy, DeliveryStatus, Email},
};

pub(super) fn perform(
    desk: &mut Desk<'_>,
    cycle: Cycle,
    message: &CommercialMessage,
) -> Result<Reply, Refusal> {
    desk.wanted(Operation::EmailCreation, cycle)?;
    let (now, content_hash, message) = (desk.now, message.content_hash(), message.message());
    if message.to.address != desk.dossier.contact.email {
        return Err(Refusal::Invalid {
            field: "recipient",
            value: String::from("(another address)"),
            reason: "the recipient's address changed while the email was made",
        });
    }
    desk.end_email(DeliveryStatus::Superseded, "another email took its place");
    let scheduled = desk.facts().may_leave_at(&desk.dossier.campaign).unwrap_or(now);
    let campaign = &mut desk.dossier.campaign;
    campaign.email_revision += 1;
    let id = EmailId::of(&campaign.id, campaign.email_revision);
    campaign.email_id = Some(id.clone());
    campaign.last_scheduled_send_date = Some(cycle.date());
    campaign.operations[Operation::EmailCreation] = OperationState {
        status: SubStatus::Ready,
        provision: Some(Provision::Own),
        attempts: campaign.operations[Operation::EmailCreation].attempts,
        ..OperationState::default()
    };
    let by_system = !campaign.check_before_sending;
    let email = Email {
        id: id.clone(),
        campaign_id: campaign.id.clone(),
        user_id: campaign.user_id.clone(),
        cycle,
        delivery_status: if by_system { DeliveryStatus::Approved } else { DeliveryStatus::Created },
        content_hash,
        recipient: message.to.address.clone(),
        created_at: now,
        scheduled_send_datetime: scheduled,
        approval: by_system.then_some(Approval {
            by: ApprovedBy::System,
            actor: None,
            content_hash,
            at: now,
        }),
        attempt: None,
        cause: None,
        provider_message_id: None,
    };
    desk.put_email(email);
    desk.amendment.messages.push((id.clone(), message.clone()));
    desk.note("email_created", None);
    if by_system {
        desk.note("approved", Some("the campaign does not ask for approval".to_owned()));
    }
    Ok(Reply::Created(id))
}
