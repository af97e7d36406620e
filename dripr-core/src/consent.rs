//! What recipients decide by the links in their emails: no more of them, or again.
//!
//! A link is for the person who got the email and needs no login. It works for as long as the deployment keeps its key, and
//! names a campaign and the address that the email went to; what is decided counts for all that the agent sends to an address.
//!
//! The campaign's contact may have another address by now. Then
//!
//! - opting out counts for the address that the email went to, and is [carried over](Suppression::carried_from) to the present one:
//!   a person decided it, and nobody is reached at another address instead;
//! - opting in is proof for the address that the email went to, and for no other: the present one may be somebody else's. It takes
//!   back what was decided there, also where that was carried over to; what was decided at the present address stays.
//!
//! The same holds of what a provider tells of an email ([`feedback::take`](crate::feedback::take())).
//!
//! Links that were made before they named the address are in one of the emails that the campaign sent. So opting out by one
//! counts for every address that these went to and for the present one, each by itself, and opting in only where all went to the
//! present one.

mod decided;

use std::{collections::BTreeMap, sync::Arc};

pub(crate) use decided::Decided;

use crate::{
    agent::Agent,
    campaign::Actor,
    email::{DeliveryStatus, EmailAddress, OptOutClaim, OptOutLinks, Suppression, SuppressionCause},
    errors::PortResult,
    ids::CampaignId,
    person,
    ports::{BlockStore, CampaignStore, ContactStore, EmailFilter, EmailStore},
    schedule::Instant,
};

/// So many emails of a campaign are read at a time.
const PAGE: usize = 500;

/// Whom a link is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipient {
    /// Whose mail it is about.
    pub agent: Arc<Agent>,
    /// The address that the link was sent to; the contact's present one where that is not known.
    pub address: EmailAddress,
    /// Why that address gets none at present.
    pub suppression: Option<Suppression>,
    /// Whether that address gets none from anybody, because an operator blocked it. Whatever its owner decides is kept, and counts
    /// once that is lifted.
    pub blocked: bool,
    /// Whether none goes to any of the addresses that an opt-out by the link counts for: not to the present one either.
    pub is_out_everywhere: bool,
    /// Whether the link was sent to that address for certain, so that it takes back what was decided there.
    pub may_opt_in: bool,
    /// Whether the agent writes to the contact at another address by now.
    pub has_moved: bool,
}

/// The addresses that a link is about.
struct Addresses {
    agent: Arc<Agent>,
    /// The contact's present one.
    present: EmailAddress,
    /// Where the link was sent, if that is known.
    sent_to: Option<EmailAddress>,
    /// The others where it may have been sent.
    perhaps: Vec<EmailAddress>,
}

/// Whom a genuine link is for; `None` if the campaign is not there any more.
///
/// # Errors
/// The store failed.
pub async fn recipient<S>(
    store: &S,
    links: &OptOutLinks,
    claim: &OptOutClaim,
) -> PortResult<Option<Recipient>>
where
    S: BlockStore + CampaignStore + ContactStore + EmailStore + ?Sized,
{
    match addresses(store, links, claim).await? {
        Some(known) => Ok(Some(known.recipient(store, claim).await?)),
        None => Ok(None),
    }
}

/// The recipient wants no more mail from the agent. After `Ok` none is sent to the address that the link was sent to, nor to the
/// one that the contact has now; doing it twice changes nothing.
///
/// # Errors
/// The store failed. Some of the addresses may be opted out; doing it again does the rest.
pub async fn opt_out<S>(
    store: &S,
    links: &OptOutLinks,
    claim: &OptOutClaim,
    now: Instant,
) -> PortResult<Option<Recipient>>
where
    S: BlockStore + CampaignStore + ContactStore + EmailStore + ?Sized,
{
    let Some(known) = addresses(store, links, claim).await? else { return Ok(None) };
    let cause = SuppressionCause::OptOut;
    if let Some(sent_to) = &known.sent_to {
        known.decided(claim, sent_to, now).opt_out(store, cause).await?;
    } else {
        for address in known.all() {
            // Each may be the one where it was decided.
            Addresses::alone(claim, &address, now).opt_out(store, cause).await?;
        }
    }
    Ok(Some(known.recipient(store, claim).await?))
}

/// The recipient wants mail again: an opt-out or a complaint is lifted from the address that the link was sent to, and from the
/// present one if it was only carried over to that. Where it is not known where the link was sent, nothing changes. An address to
/// which mail came back stays as it is: that is nothing that a recipient decides.
///
/// # Errors
/// The store failed. One of the two may be lifted; doing it again does the rest.
pub async fn opt_in<S>(
    store: &S,
    links: &OptOutLinks,
    claim: &OptOutClaim,
    now: Instant,
) -> PortResult<Option<Recipient>>
where
    S: BlockStore + CampaignStore + ContactStore + EmailStore + ?Sized,
{
    let Some(known) = addresses(store, links, claim).await? else { return Ok(None) };
    if let Some(sent_to) = &known.sent_to {
        known.decided(claim, sent_to, now).opt_in(store, SuppressionCause::Complaint, None).await?;
    }
    Ok(Some(known.recipient(store, claim).await?))
}

async fn addresses<S>(store: &S, links: &OptOutLinks, claim: &OptOutClaim) -> PortResult<Option<Addresses>>
where
    S: CampaignStore + EmailStore + ?Sized,
{
    let dossier = store.load(std::slice::from_ref(&claim.campaign_id)).await?.pop().flatten();
    let Some(dossier) = dossier.filter(|dossier| dossier.campaign.user_id == claim.user_id) else {
        return Ok(None);
    };
    let (agent, present) = (dossier.agent, dossier.contact.email);
    let (sent_to, perhaps) = match links.went_to(claim, &present) {
        Some(true) => (Some(present.clone()), Vec::new()),
        Some(false) => {
            let mut written_to = written_to(store, &claim.campaign_id).await?.into_values();
            (written_to.find(|address| links.went_to(claim, address) == Some(true)), Vec::new())
        }
        None => {
            let mut written_to = written_to(store, &claim.campaign_id).await?;
            written_to.remove(&present.key());
            let sent_to = written_to.is_empty().then(|| present.clone());
            (sent_to, written_to.into_values().collect())
        }
    };
    let sent_to = sent_to.filter(|address| !person::stands_for_erased(address));
    Ok(Some(Addresses { agent, present, sent_to, perhaps }))
}

/// Where emails of a campaign have gone, each address once, by its key.
async fn written_to<S>(store: &S, campaign: &CampaignId) -> PortResult<BTreeMap<String, EmailAddress>>
where
    S: EmailStore + ?Sized,
{
    let filter = EmailFilter { campaign_id: Some(campaign.clone()), ..EmailFilter::default() };
    let (mut found, mut after) = (BTreeMap::new(), None);
    loop {
        let page = store.emails(&filter, after, PAGE).await?;
        let full = page.len() == PAGE;
        after = page.last().map(|email| email.id.clone());
        let sent = page.into_iter().filter(|email| may_have_left(email.delivery_status));
        found.extend(sent.map(|email| (email.recipient.key(), email.recipient)));
        if !full {
            return Ok(found);
        }
    }
}

/// Whether somebody may have got an email that stands so.
const fn may_have_left(status: DeliveryStatus) -> bool {
    match status {
        // A held one that was settled as not sent is skipped.
        DeliveryStatus::Transmitting
        | DeliveryStatus::Unknown
        | DeliveryStatus::Held
        | DeliveryStatus::Skipped
        | DeliveryStatus::Complete => true,
        DeliveryStatus::Created
        | DeliveryStatus::Approved
        | DeliveryStatus::Rejected
        | DeliveryStatus::Superseded
        | DeliveryStatus::Expired => false,
    }
}

impl Addresses {
    /// What the recipient decides now at the address that their link was sent to.
    fn decided<'a>(&'a self, claim: &'a OptOutClaim, sent_to: &'a EmailAddress, now: Instant) -> Decided<'a> {
        Decided { present: &self.present, ..Self::alone(claim, sent_to, now) }
    }

    /// The same, for that address alone.
    fn alone<'a>(claim: &'a OptOutClaim, address: &'a EmailAddress, now: Instant) -> Decided<'a> {
        Decided { user: &claim.user_id, address, present: address, actor: Actor::Recipient, at: now }
    }

    /// All that an opt-out counts for. What stands for an erased address is nobody's: the erasure stored the person's opt-out.
    fn all(&self) -> Vec<EmailAddress> {
        let moved_from = self.sent_to.iter().filter(|address| address.key() != self.present.key());
        let all = moved_from.chain(&self.perhaps).chain([&self.present]);
        all.filter(|address| !person::stands_for_erased(address)).cloned().collect()
    }

    async fn recipient<S>(&self, store: &S, claim: &OptOutClaim) -> PortResult<Recipient>
    where
        S: BlockStore + ContactStore + ?Sized,
    {
        let address = self.sent_to.as_ref().unwrap_or(&self.present);
        let mut asked = self.all();
        asked.push(address.clone());
        let mut known = store.suppressed_among(&claim.user_id, &asked).await?;
        // The last is the address that the link was sent to; the others are all that count.
        let suppression = known.pop().flatten();
        let blocked = store.block_of(address).await?.is_some();
        let has_moved = address.key() != self.present.key();
        Ok(Recipient {
            agent: self.agent.clone(),
            address: address.clone(),
            suppression,
            blocked,
            is_out_everywhere: known.iter().all(Option::is_some),
            may_opt_in: self.sent_to.is_some(),
            has_moved,
        })
    }
}
