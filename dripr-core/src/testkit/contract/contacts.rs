use super::{START, Stage, Store, at};
use crate::{
    campaign::{Action, Actor, CampaignStatus},
    email::{Suppression, SuppressionCause},
    ports::ContactStore,
};

/// What every [`ContactStore`](crate::ports::ContactStore) must do.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn contact_store<S: Store + ?Sized>(store: &S) {
    let stage = Stage::new(store, 3).await;
    let contact = stage.new[0].contact.clone();
    let stored = store.contact(&contact.id).await.expect("a contact");
    assert_eq!(stored, Some(contact.clone()), "a contact comes back as it was given");

    let mut taken = contact.clone();
    taken.email = "Owner2@HOME.example".parse().expect("an address");
    assert!(
        !ContactStore::replace(store, taken).await.expect("replacing"),
        "two contacts of one agent cannot have one address, however it is spelt"
    );
    let mut moved = contact.clone();
    moved.email = "new@home.example".parse().expect("an address");
    assert!(
        ContactStore::replace(store, moved.clone()).await.expect("replacing"),
        "an address can be corrected"
    );
    assert_eq!(stage.dossier(0).await.contact, moved, "a campaign is read with its contact as it is now");
    let due = store.due(at(START), 10).await.expect("due");
    assert_eq!(due, [stage.id(0)], "a corrected address makes the contact's campaigns due at once");

    let suppression = |cause| Suppression {
        user_id: contact.user_id.clone(),
        address: "OWNER2@home.example".parse().expect("an address"),
        cause,
        since: at(START),
    };
    let complaint = suppression(SuppressionCause::Complaint);
    store.suppress(complaint.clone(), Actor::Recipient).await.expect("suppressing");
    store.suppress(suppression(SuppressionCause::HardBounce), Actor::Provider).await.expect("suppressing");
    let address = "owner2@home.example".parse().expect("an address");
    let known = store.suppression(&contact.user_id, &address).await.expect("a suppression");
    assert_eq!(
        known.map(|known| known.cause),
        Some(SuppressionCause::Complaint),
        "the more final cause stays"
    );
    stage.did(1, Action::Tick).await;
    let status = stage.dossier(1).await.campaign.status;
    assert_eq!(status, CampaignStatus::Unsubscribed, "a suppressed address unsubscribes its campaigns");
    assert_eq!(stage.dossier(2).await.suppression, None, "a suppression is about one address and no other");
    let mut circumvented = stage.new[1].contact.clone();
    circumvented.email = "elsewhere@home.example".parse().expect("an address");
    assert!(
        !ContactStore::replace(store, circumvented).await.expect("replacing"),
        "the address of somebody who complained cannot be exchanged for another"
    );
    assert!(
        store.lift(&contact.user_id, &address, Actor::Recipient).await.expect("lifting"),
        "it can be lifted"
    );
    assert!(!store.lift(&contact.user_id, &address, Actor::Recipient).await.expect("lifting"), "once");
    stage.did(1, Action::Tick).await;
    let status = stage.dossier(1).await.campaign.status;
    assert_eq!(status, CampaignStatus::Dormant, "a lifted suppression lets the campaign go on");
}
