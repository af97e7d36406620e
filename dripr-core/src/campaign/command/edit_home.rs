//! Another home, or none. What was prepared for the old one is prepared again.

use super::{Desk, Home, Refusal, Reply, ZipCode};
use crate::campaign::CampaignStatus;

pub(super) fn perform(desk: &mut Desk<'_>, home: Option<&Home>, zip_code: ZipCode) -> Result<Reply, Refusal> {
    let zip_code = home.map_or(zip_code, |home| home.zip_code);
    let campaign = &mut desk.dossier.campaign;
    if campaign.home.as_ref() == home && campaign.zip_code == zip_code {
        return Ok(Reply::Done);
    }
    campaign.home = home.cloned();
    campaign.zip_code = zip_code;
    if campaign.status.is_working() || campaign.status == CampaignStatus::Error {
        campaign.prepare_again = Some("the home changed".to_owned());
    }
    desk.note("home_edited", None);
    Ok(Reply::Done)
}
