//! Trying a failed campaign again now.

use super::{Desk, Refusal, Reply};
use crate::campaign::CampaignStatus;

pub(super) fn perform(desk: &mut Desk<'_>) -> Result<Reply, Refusal> {
    let now = desk.now;
    let campaign = &mut desk.dossier.campaign;
    match (&mut campaign.failure, campaign.status) {
        (Some(failure), CampaignStatus::Error) => {
            failure.retry_at = now;
            Ok(Reply::Done)
        }
        (_, status) => {
            Err(Refusal::CampaignState { status, wanted: "only a campaign in ERROR can be retried" })
        }
    }
}
