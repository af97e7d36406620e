//! Ending the present cycle without an email.

use super::{Desk, Refusal, Reply};
use crate::campaign::CampaignStatus;

pub(super) fn perform(desk: &mut Desk<'_>, reason: Option<&str>) -> Result<Reply, Refusal> {
    let status = desk.dossier.campaign.status;
    if !(status.is_working() || status == CampaignStatus::Error) {
        return Err(Refusal::CampaignState { status, wanted: "there is no report being prepared to skip" });
    }
    if let Some(email) = desk.dossier.email.as_ref().filter(|email| email.is_live()) {
        let wanted = "it is being handed to the mailer and cannot be skipped any more";
        return Err(Refusal::EmailState { email: email.id.clone(), status: email.delivery_status, wanted });
    }
    let cause = reason.unwrap_or("the agent skipped it");
    desk.end_email(crate::email::DeliveryStatus::Skipped, cause);
    desk.dossier.campaign.cycle_over = Some(cause.to_owned());
    Ok(Reply::Done)
}
