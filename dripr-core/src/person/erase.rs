//! Erasing a person: first nothing more is sent to them, then what is stored goes, campaign by campaign.

use std::sync::Arc;

use async_trait::async_trait;

use super::CampaignErasure;
use crate::{
    campaign::{Action, Actor, AuditEntry, Command, Refusal, command::Bench},
    email::{EmailAddress, Suppression, SuppressionCause},
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, EmailId, UserId},
    ports::{Archive, CampaignStore, ContactStore, PersonStore},
};

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
        let suppression = Suppression { user_id: user.clone(), address: address.clone(), cause, since: now };
        store.suppress(suppression, Actor::Operator).await?;
    }
    for id in campaigns {
        removed(store, desk, &id).await?;
        let entry = AuditEntry {
            at: now,
            actor: Actor::Operator,
            what: "erased".to_owned(),
            cycle: None,
            email_id: None,
            cause: None,
        };
        match store.erase_campaign(&id, entry).await? {
            CampaignErasure::Erased(emails) => {
                for email in &emails {
                    for place in elsewhere {
                        place.forget(user, email).await?;
                    }
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
