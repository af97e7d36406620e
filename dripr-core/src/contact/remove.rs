//! Removing a contact: first its campaigns, then itself.

use std::sync::Arc;

use crate::{
    campaign::{Action, Actor, AuditEntry, Command, Refusal, command::Bench},
    contact::Contact,
    errors::{Fault, PortError, PortResult},
    ids::CampaignId,
    ports::{CampaignFilter, CampaignStore, ContactRemoval, ContactStore},
};

/// So many campaigns are removed in one call of the store.
const AT_ONCE: usize = 100;

/// Removes a contact with all its campaigns; `false` if it was removed already. Its opt-out, what was sent and the history
/// stay.
///
/// What an interrupted run left is removed by the next: a contact is there until none of its campaigns is.
///
/// # Errors
/// The store's, and [`Unavailable`](Fault::Unavailable) if campaigns are made for it as fast as they are removed.
pub async fn remove<S>(store: &S, desk: &Arc<Bench>, actor: &Actor, contact: &Contact) -> PortResult<bool>
where
    S: CampaignStore + ContactStore + ?Sized,
{
    let filter = CampaignFilter {
        user_id: Some(contact.user_id.clone()),
        to: Some(contact.email.clone()),
        ..CampaignFilter::default()
    };
    // Each turn removes some; nobody makes campaigns for one person at that rate.
    for _ in 0..AT_ONCE {
        let found = store.list(&filter, None, AT_ONCE).await?;
        let delete = |campaign_id: CampaignId| Command {
            campaign_id,
            actor: actor.clone(),
            action: Action::Delete,
            desk: desk.clone(),
        };
        let commands = found.into_iter().map(|dossier| delete(dossier.campaign.id)).collect();
        for execution in store.execute(commands).await? {
            match execution.result {
                // Somebody else removed it meanwhile.
                Ok(_) | Err(Refusal::NoCampaign(_)) => {}
                Err(refusal) => {
                    let message = "a campaign of the contact cannot be removed";
                    return Err(PortError::new(Fault::Invalid, message).caused_by(refusal));
                }
            }
        }
        let entry = AuditEntry::of("contact_removed", actor.clone(), desk.clock.now(), None);
        let entry = entry.about(contact.id.clone());
        match store.remove_contact(&contact.user_id, &contact.id, entry).await? {
            ContactRemoval::Removed => return Ok(true),
            ContactRemoval::NotThere => return Ok(false),
            ContactRemoval::HasCampaigns => {}
        }
    }
    Err(PortError::new(Fault::Unavailable, "the contact gets new campaigns all the time"))
}
