//! Several changes of the agent's choices at once, if nobody has made others meanwhile.

use super::{Action, Desk, Refusal, Reply};

pub(super) fn perform(desk: &mut Desk<'_>, seen: Option<&str>, changes: &[Action]) -> Result<Reply, Refusal> {
    if seen.is_some_and(|seen| seen != desk.dossier.campaign.choices_mark()) {
        return Err(Refusal::ChangedMeanwhile(desk.dossier.campaign.id.clone()));
    }
    for change in changes {
        // Whoever executes takes everything back if one is refused.
        change.perform(desk)?;
    }
    Ok(Reply::Done)
}
