use super::{START, Stage, Store, at};
use crate::{
    campaign::{Action, Actor, AuditEntry, CampaignStatus},
    contact::Contact,
    email::{Suppression, SuppressionCause},
    ports::{ContactReplacement, ContactStore},
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

    let of = |after, limit| store.contacts(&contact.user_id, after, limit);
    let ids = async |after, limit| {
        let listed = of(after, limit).await.expect("contacts");
        listed.into_iter().map(|contact| contact.id).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = stage.new.iter().map(|new| new.contact.id.clone()).collect();
    all.sort();
    assert_eq!(ids(None, 10).await, all, "an agent's contacts are listed by id");
    assert_eq!(ids(Some(all[0].clone()), 1).await, [all[1].clone()], "a page at a time");
    let nobody = crate::ids::UserId::new("nobody").expect("an id");
    assert_eq!(store.contacts(&nobody, None, 10).await.expect("contacts"), [], "each agent has their own");

    let writing_to = async |address: &str| {
        let address = address.parse().expect("an address");
        store.agents_writing_to(&address).await.expect("agents")
    };
    let own = std::slice::from_ref(&contact.user_id);
    assert_eq!(writing_to("OWNER2@home.example").await, own, "who writes to an address, however it is spelt");
    assert_eq!(writing_to("nobody@home.example").await, [], "nobody writes to an address of nobody's");

    let edited = || AuditEntry::of("contact_changed", Actor::Operator, at(START), None);
    let mut taken = contact.clone();
    taken.email = "Owner2@HOME.example".parse().expect("an address");
    let replace = async |known: &Contact, new: Contact| {
        ContactStore::replace(store, known, new, edited()).await.expect("replacing")
    };
    assert_eq!(
        replace(&contact, taken).await,
        ContactReplacement::AddressTaken,
        "two contacts of one agent cannot have one address, however it is spelt"
    );
    let mut moved = contact.clone();
    moved.email = "new@home.example".parse().expect("an address");
    assert_eq!(
        replace(&contact, moved.clone()).await,
        ContactReplacement::Replaced,
        "an address can be corrected"
    );
    assert_eq!(writing_to("new@home.example").await, own, "who writes to the corrected address");
    assert_eq!(writing_to(contact.email.as_str()).await, [], "and nobody to the old one any more");
    let mut late = contact.clone();
    late.first_name = "Late".to_owned();
    assert_eq!(
        replace(&contact, late).await,
        ContactReplacement::Changed,
        "but not by who knows an older one"
    );
    let mut unknown = contact.clone();
    unknown.id = crate::ids::ContactId::new("nobody").expect("an id");
    assert_eq!(
        replace(&unknown, unknown.clone()).await,
        ContactReplacement::Changed,
        "nor one that is not there"
    );
    assert_eq!(stage.dossier(0).await.contact, moved, "a campaign is read with its contact as it is now");
    let history = store.history(&stage.id(0)).await.expect("a history");
    assert_eq!(
        history.iter().filter(|entry| **entry == edited()).count(),
        1,
        "a change of a contact stands in the history of its campaigns, and what was refused does not"
    );
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
    let opt_out = Suppression {
        address: "a.first@home.example".parse().expect("an address"),
        ..suppression(SuppressionCause::OptOut)
    };
    store.suppress(opt_out.clone(), Actor::Recipient).await.expect("suppressing");
    let suppressed = async |after: Option<String>, limit| {
        store.suppressions(&contact.user_id, after, limit).await.expect("opt-outs")
    };
    let both = [opt_out, complaint];
    assert_eq!(suppressed(None, 10).await, both, "an agent's opt-outs are listed by their keys");
    assert_eq!(suppressed(None, 1).await, both[..1], "a page at a time");
    assert_eq!(suppressed(Some(both[0].address.key()), 10).await, both[1..]);
    assert_eq!(
        store.suppressions(&nobody, None, 10).await.expect("opt-outs"),
        [],
        "each agent has their own"
    );
    stage.did(1, Action::Tick).await;
    let status = stage.dossier(1).await.campaign.status;
    assert_eq!(status, CampaignStatus::Unsubscribed, "a suppressed address unsubscribes its campaigns");
    assert_eq!(stage.dossier(2).await.suppression, None, "a suppression is about one address and no other");
    let mut circumvented = stage.new[1].contact.clone();
    circumvented.email = "elsewhere@home.example".parse().expect("an address");
    assert_eq!(
        replace(&stage.new[1].contact, circumvented).await,
        ContactReplacement::OptedOut,
        "the address of somebody who complained cannot be exchanged for another"
    );
    let lift = async |most: SuppressionCause| {
        let now = at("2026-03-03T00:00:00Z");
        store.lift(&contact.user_id, &address, most, Actor::Recipient, now).await.expect("lifting")
    };
    assert!(!lift(SuppressionCause::OptOut).await, "who may lift an opt-out may not lift a complaint");
    assert!(store.suppression(&contact.user_id, &address).await.expect("reading it").is_some());
    assert!(lift(SuppressionCause::Complaint).await, "it can be lifted");
    assert!(!lift(SuppressionCause::Complaint).await, "once");
    let history = store.history(&stage.id(1)).await.expect("reading a history");
    let line = history.iter().rev().find(|line| line.what == "suppression_lifted").expect("it is told");
    assert_eq!(line.at, at("2026-03-03T00:00:00Z"), "the history says when it was lifted");
    stage.did(1, Action::Tick).await;
    let status = stage.dossier(1).await.campaign.status;
    assert_eq!(status, CampaignStatus::Dormant, "a lifted suppression lets the campaign go on");
}
