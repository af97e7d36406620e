//! What a provider tells of an address, and of no email.

use crate::{
    campaign::{Actor, AuditEntry},
    email::{EmailAddress, Suppression, SuppressionCause},
    errors::PortResult,
    ids::UserId,
    ports::{CampaignStore, ContactStore, PersonStore},
    schedule::Instant,
};

/// An address to which a provider delivers nothing any more, of whichever agent it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which address.
    pub address: EmailAddress,
    /// Why.
    pub cause: SuppressionCause,
    /// Since when, by the provider's clock.
    pub since: Instant,
}

/// What a refusal means for contacts, each of another agent or address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refused {
    /// How many contacts have a refused address.
    pub contacts: usize,
    /// How many of them get nothing more because of it, or for a more final cause than before.
    pub new: usize,
    /// How many of them were let in again after the provider refused their address, and stay so.
    pub let_in: usize,
}

impl Refused {
    pub(super) fn count(&mut self, meaning: Meaning) {
        self.contacts += 1;
        match meaning {
            Meaning::New => self.new += 1,
            Meaning::LetIn => self.let_in += 1,
            Meaning::Known => {}
        }
    }
}

/// What a refusal means for one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The address gets nothing from them any more.
    New,
    /// It gets nothing already, for a cause that is as final.
    Known,
    /// It was let in again since.
    LetIn,
}

/// Ends the mail of every agent who has a contact of the address. Doing it twice changes nothing.
///
/// A contact that was let in again later than the refusal stays so: a recipient who opted in is not opted out by what is older.
/// An opt-out or a complaint is only theirs to take back; after a bounce an agent may write again too. If the provider delivers
/// nothing all the same, it says so of the next email.
///
/// # Errors
/// The store failed; it is to be told again.
pub async fn refuse<S>(store: &S, refusal: &Refusal) -> PortResult<Refused>
where
    S: CampaignStore + ContactStore + PersonStore + ?Sized,
{
    let mut refused = Refused::default();
    for user in store.agents_writing_to(&refusal.address).await? {
        refused.count(refuse_for(store, &user, refusal).await?);
    }
    Ok(refused)
}

/// Ends the mail of one agent to the address, unless it has ended or was let in again.
pub(super) async fn refuse_for<S>(store: &S, user: &UserId, refusal: &Refusal) -> PortResult<Meaning>
where
    S: CampaignStore + ContactStore + PersonStore + ?Sized,
{
    let meaning = meaning(store, user, refusal).await?;
    if meaning == Meaning::New {
        let Refusal { address, cause, since } = refusal.clone();
        let suppression = Suppression { user_id: user.clone(), address, cause, since, carried_from: None };
        store.suppress(suppression, Actor::Provider).await?;
    }
    Ok(meaning)
}

/// What a refusal would mean for one agent.
pub(super) async fn meaning<S>(store: &S, user: &UserId, refusal: &Refusal) -> PortResult<Meaning>
where
    S: CampaignStore + ContactStore + PersonStore + ?Sized,
{
    let known = store.suppression(user, &refusal.address).await?;
    if known.is_some_and(|known| known.cause >= refusal.cause) {
        return Ok(Meaning::Known);
    }
    for campaign in store.campaigns_of(user, &refusal.address).await? {
        if store.history(&campaign).await?.iter().any(|entry| lets_in(entry, refusal)) {
            return Ok(Meaning::LetIn);
        }
    }
    Ok(Meaning::New)
}

/// Whether a line of a history says that an address was let in again after a refusal, by somebody who may do that.
fn lets_in(entry: &AuditEntry, refusal: &Refusal) -> bool {
    let may = !refusal.cause.is_recipients_own() || matches!(entry.actor, Actor::Recipient | Actor::Provider);
    may && entry.what == "suppression_lifted" && entry.at > refusal.since
}
