//! Erasing a person: first nothing more is sent to them, then what is stored goes, campaign by campaign.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::CampaignErasure;
use crate::{
    campaign::{Action, Actor, AuditEntry, Command, Refusal, command::Bench},
    email::{EmailAddress, Suppression, SuppressionCause},
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, EmailId, UserId},
    ports::{Archive, CampaignStore, ContactStore, PersonStore},
};

/// So many names of emails are looked for at most: those of ten restored backups.
const MOST_NAMES: u32 = 10_000;

/// So many are looked for at once.
const AT_ONCE: usize = 16;

/// Where else something of an email may lie: an archive, a folder.
#[async_trait]
pub trait Erasing: Send + Sync {
    /// Removes what there is of an email; nothing if there is none.
    async fn forget(&self, user: &UserId, email: &EmailId) -> PortResult<()>;
}

/// An archive, as a place where something of an email may lie.
pub struct InArchive(pub Arc<dyn Archive>);

#[async_trait]
impl Erasing for InArchive {
    async fn forget(&self, user: &UserId, email: &EmailId) -> PortResult<()> {
        self.0.forget(user, email).await
    }
}

/// What was erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonErased {
    /// Campaigns.
    pub campaigns: u64,
    /// Emails of theirs.
    pub emails: u64,
    /// Contacts.
    pub contacts: u64,
    /// Emails that are being sent, or of which nobody knows yet whether they were: their campaigns are still to be erased.
    pub under_way: Vec<EmailId>,
}

/// Erases all that is stored about the person that an agent writes to at an address, but that they are not to be written to.
///
/// Each campaign is one transaction, and what lies elsewhere goes before the contact does, by which the rest is found: what an
/// interrupted run left is erased by the next.
///
/// # Errors
/// The store's, or of where else something lies.
pub async fn erase<S>(
    store: &S,
    elsewhere: &[Arc<dyn Erasing>],
    desk: &Arc<Bench>,
    user: &UserId,
    address: &EmailAddress,
) -> PortResult<PersonErased>
where
    S: PersonStore + CampaignStore + ContactStore + ?Sized,
{
    let now = desk.clock.now();
    let mut erased = PersonErased::default();
    let campaigns = store.campaigns_of(user, address).await?;
    if store.suppression(user, address).await?.is_none() {
        let cause = SuppressionCause::OptOut;
        let suppression = Suppression {
            user_id: user.clone(),
            address: address.clone(),
            cause,
            since: now,
            carried_from: None,
        };
        store.suppress(suppression, Actor::Operator).await?;
    }
    for id in campaigns {
        let revision = revision(store, &id).await?;
        removed(store, desk, &id).await?;
        let entry = AuditEntry {
            at: now,
            actor: Actor::Operator,
            what: "erased".to_owned(),
            cycle: None,
            email_id: None,
            cause: None,
            contact_id: None,
        };
        match store.erase_campaign(&id, entry).await? {
            CampaignErasure::Erased(emails) => {
                for place in elsewhere {
                    let forgotten = stream::iter(names(&id, revision, &emails))
                        .map(|email| async move { place.forget(user, &email).await });
                    forgotten.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
                }
                erased.campaigns += 1;
                erased.emails += u64::try_from(emails.len()).unwrap_or(u64::MAX);
            }
            CampaignErasure::UnderWay(email) => erased.under_way.push(email),
            CampaignErasure::NotRemoved => {
                let message = format!("campaign {id} was to be removed and is still there");
                return Err(PortError::new(Fault::Unavailable, message));
            }
        }
    }
    if erased.under_way.is_empty() {
        erased.contacts = store.erase_contacts(user, address, now).await?;
    }
    Ok(erased)
}

/// How many emails a campaign numbers itself to have made.
async fn revision<S: CampaignStore + ?Sized>(store: &S, id: &CampaignId) -> PortResult<u32> {
    let dossier = store.load(std::slice::from_ref(id)).await?.pop().flatten();
    Ok(dossier.map_or(0, |dossier| dossier.campaign.email_revision))
}

/// All names that emails of a campaign can have been kept under, besides those that are known: files outlive a store that
/// was restored from a backup and forgot their emails, and the next one was perhaps kept before its result came too late.
fn names(campaign: &CampaignId, revision: u32, known: &[EmailId]) -> Vec<EmailId> {
    let newest = revision.saturating_add(1);
    let possible = newest.saturating_sub(MOST_NAMES - 1).max(1)..=newest;
    let mut names: BTreeSet<EmailId> = possible.map(|number| EmailId::of(campaign, number)).collect();
    names.extend(known.iter().cloned());
    names.into_iter().collect()
}

async fn removed<S: CampaignStore + ?Sized>(store: &S, desk: &Arc<Bench>, id: &CampaignId) -> PortResult<()> {
    let (campaign_id, actor) = (id.clone(), Actor::Operator);
    let command = Command { campaign_id, actor, action: Action::Delete, desk: desk.clone() };
    for execution in store.execute(vec![command]).await? {
        match execution.result {
            // It was removed before.
            Ok(_) | Err(Refusal::NoCampaign(_)) => {}
            Err(refusal) => {
                let message = format!("campaign {id} cannot be removed");
                return Err(PortError::new(Fault::Invalid, message).caused_by(refusal));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_can_have_been_given_and_not_without_end() {
        let campaign = CampaignId::new("c").unwrap();
        let of = |number| EmailId::of(&campaign, number);
        assert_eq!(names(&campaign, 0, &[]), [of(1)]);
        // After a backup was restored: those before it, those that it forgot, and the next.
        let found = names(&campaign, 1003, &[of(3), of(1003)]);
        assert_eq!(found.len(), 1004);
        assert!(found.contains(&of(5)) && found.contains(&of(1004)));
        let found = names(&campaign, u32::MAX, &[of(3)]);
        assert_eq!(found.len(), MOST_NAMES as usize + 1);
        assert!(found.contains(&of(3)) && found.contains(&of(u32::MAX)));
    }
}
