//! What recipients decide by the links in their emails: no more of them, or again.
//!
//! A link is for the person who got the email and needs no login. It works for as long as the deployment keeps its key, and
//! names a campaign; what is decided counts for all that the agent sends to the address.

use std::sync::Arc;

use crate::{
    agent::Agent,
    campaign::Actor,
    email::{EmailAddress, OptOutClaim, Suppression, SuppressionCause},
    errors::PortResult,
    ports::{CampaignStore, ContactStore},
    schedule::Instant,
};

/// Whom a link is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipient {
    /// Whose mail it is about.
    pub agent: Arc<Agent>,
    /// The recipient's address.
    pub address: EmailAddress,
    /// Why the address gets none at present.
    pub suppression: Option<Suppression>,
}

/// Whom a genuine link is for; `None` if the campaign is not there any more.
///
/// # Errors
/// The store failed.
pub async fn recipient<S>(store: &S, claim: &OptOutClaim) -> PortResult<Option<Recipient>>
where
    S: CampaignStore + ?Sized,
{
    let dossier = store.load(std::slice::from_ref(&claim.campaign_id)).await?.pop().flatten();
    Ok(dossier.filter(|dossier| dossier.campaign.user_id == claim.user_id).map(|dossier| Recipient {
        agent: dossier.agent,
        address: dossier.contact.email,
        suppression: dossier.suppression,
    }))
}

/// The recipient wants no more mail from the agent. After `Ok` none is sent to the address; doing it twice changes nothing.
///
/// # Errors
/// The store failed, and nothing was changed.
pub async fn opt_out<S>(store: &S, claim: &OptOutClaim, now: Instant) -> PortResult<Option<Recipient>>
where
    S: CampaignStore + ContactStore + ?Sized,
{
    let Some(recipient) = recipient(store, claim).await? else { return Ok(None) };
    let suppression = Suppression {
        user_id: claim.user_id.clone(),
        address: recipient.address.clone(),
        cause: SuppressionCause::OptOut,
        since: now,
    };
    store.suppress(suppression, Actor::Recipient).await?;
    self::recipient(store, claim).await
}

/// The recipient wants mail again: an opt-out or a complaint of theirs is lifted. An address to which mail came back stays
/// as it is: that is nothing that a recipient decides.
///
/// # Errors
/// The store failed, and nothing was changed.
pub async fn opt_in<S>(store: &S, claim: &OptOutClaim, now: Instant) -> PortResult<Option<Recipient>>
where
    S: CampaignStore + ContactStore + ?Sized,
{
    let Some(recipient) = recipient(store, claim).await? else { return Ok(None) };
    let own = |known: &Suppression| known.cause > SuppressionCause::HardBounce;
    if recipient.suppression.as_ref().is_some_and(own) {
        let (user, address) = (&claim.user_id, &recipient.address);
        store.lift(user, address, SuppressionCause::Complaint, Actor::Recipient, now).await?;
    }
    self::recipient(store, claim).await
}
