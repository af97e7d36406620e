//! What waited for an agent's account goes on once it is connected.

use std::sync::Arc;

use crate::{
    campaign::{Action, Actor, CampaignStatus, Command, command::Bench},
    errors::PortResult,
    ids::{CampaignId, UserId},
    ports::{CampaignFilter, CampaignStore},
};

/// How many campaigns are tried again in one transaction.
const AT_ONCE: usize = 500;

/// Tries those of an agent's failed campaigns again that could not send, and says how many.
///
/// # Errors
/// The store failed; doing it again changes nothing for those that were tried.
pub async fn resume<S>(store: &S, bench: &Arc<Bench>, user: &UserId) -> PortResult<usize>
where
    S: CampaignStore + ?Sized,
{
    let filter = CampaignFilter {
        user_id: Some(user.clone()),
        status: Some(CampaignStatus::Error),
        ..CampaignFilter::default()
    };
    let (mut after, mut resumed): (Option<CampaignId>, usize) = (None, 0);
    loop {
        let failed = store.list(&filter, after.take(), AT_ONCE).await?;
        let Some(last) = failed.last() else { return Ok(resumed) };
        after = Some(last.campaign.id.clone());
        let commands: Vec<Command> = failed
            .iter()
            .filter(|dossier| {
                let failure = dossier.campaign.failure.as_ref();
                failure.is_some_and(|failure| failure.in_status == CampaignStatus::ReadyToSendEmail)
            })
            .map(|dossier| Command {
                campaign_id: dossier.campaign.id.clone(),
                actor: Actor::User(user.clone()),
                action: Action::Retry,
                desk: bench.clone(),
            })
            .collect();
        if !commands.is_empty() {
            resumed += store.execute(commands).await?.iter().filter(|one| one.result.is_ok()).count();
        }
    }
}
