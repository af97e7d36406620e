//! The agent's own opening words for this cycle. The email is made again, so an approval no longer counts.

use super::{Desk, EmailId, Refusal, Reply};
use crate::campaign::CampaignStatus;

/// The longest intro an agent may write, in characters.
pub const LONGEST_INTRO: usize = 2_000;

pub(super) fn perform(
    desk: &mut Desk<'_>,
    of: Option<&EmailId>,
    text: Option<&str>,
) -> Result<Reply, Refusal> {
    let status = desk.dossier.campaign.status;
    if !matches!(status, CampaignStatus::ReadyToCreateEmail | CampaignStatus::ReadyToSendEmail) {
        return Err(Refusal::CampaignState {
            status,
            wanted: "there is no email whose intro could be edited",
        });
    }
    if let Some(of) = of
        && desk.dossier.email.as_ref().is_none_or(|email| email.id != *of)
    {
        return Err(Refusal::NoEmail(of.clone()));
    }
    if let Some(email) = desk.dossier.email.as_ref().filter(|email| email.is_live()) {
        let wanted = "it is being handed to the mailer and cannot be edited any more";
        return Err(Refusal::EmailState { email: email.id.clone(), status: email.delivery_status, wanted });
    }
    if let Some(text) = text
        && (text.trim().is_empty() || text.chars().count() > LONGEST_INTRO)
    {
        return Err(Refusal::Invalid {
            field: "intro",
            value: text.chars().take(60).collect(),
            reason: "an intro has 1 to 2,000 characters",
        });
    }
    desk.dossier.campaign.intro_edit = text.map(str::to_owned);
    desk.note("intro_edited", None);
    desk.supersede_email("the intro was edited");
    Ok(Reply::Done)
}
