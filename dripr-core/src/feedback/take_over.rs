//! Taking over a provider's own list of whom it delivers nothing to.
//!
//! Each address of it is a [`Refusal`]. The list is read whole each time, so that nothing has to be remembered of the last time.

use super::refusal::{Refusal, Refused, meaning, refuse_for};
use crate::{
    email::EmailAddress,
    errors::PortResult,
    ports::{CampaignStore, ContactStore, ListedSuppression, PersonStore, SuppressionList},
    schedule::Instant,
};

/// For so many addresses at a time it is looked up who writes to them.
const PORTION: usize = 500;

/// What a provider's list means for a deployment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// How many addresses are on it.
    pub listed: usize,
    /// What it means for the contacts who have one of them.
    pub refused: Refused,
}

/// Ends the mail of every agent to the addresses of a list. Doing it twice changes nothing.
///
/// A date that the list does not tell, or that lies after the present one, is `now`.
///
/// # Errors
/// The list cannot be read, and nothing was changed; or the store failed, and doing it again does the rest.
pub async fn take_over<S>(store: &S, list: &dyn SuppressionList, now: Instant) -> PortResult<TakenOver>
where
    S: CampaignStore + ContactStore + PersonStore + ?Sized,
{
    go_through(store, list, now, Mode::Do).await
}

/// What [`take_over`] would do. Nothing is changed.
///
/// # Errors
/// The list cannot be read, or the store.
pub async fn foresee<S>(store: &S, list: &dyn SuppressionList, now: Instant) -> PortResult<TakenOver>
where
    S: CampaignStore + ContactStore + PersonStore + ?Sized,
{
    go_through(store, list, now, Mode::Look).await
}

/// Whether what follows is done.
#[derive(Clone, Copy)]
enum Mode {
    Do,
    Look,
}

async fn go_through<S>(
    store: &S,
    list: &dyn SuppressionList,
    now: Instant,
    mode: Mode,
) -> PortResult<TakenOver>
where
    S: CampaignStore + ContactStore + PersonStore + ?Sized,
{
    let listed = list.suppressed().await?;
    let mut taken = TakenOver { listed: listed.len(), refused: Refused::default() };
    for portion in listed.chunks(PORTION) {
        let addresses: Vec<EmailAddress> = portion.iter().map(|entry| entry.address.clone()).collect();
        let agents = store.agents_writing_to_each(&addresses).await?;
        for (entry, agents) in portion.iter().zip(agents) {
            let refusal = refusal(entry, now);
            for user in &agents {
                taken.refused.count(match mode {
                    Mode::Do => refuse_for(store, user, &refusal).await?,
                    Mode::Look => meaning(store, user, &refusal).await?,
                });
            }
        }
    }
    Ok(taken)
}

fn refusal(entry: &ListedSuppression, now: Instant) -> Refusal {
    let since = entry.since.map_or(now, |since| since.min(now));
    Refusal { address: entry.address.clone(), cause: entry.cause, since }
}
