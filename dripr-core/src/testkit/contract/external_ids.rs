use super::{START, Stage, Store, at};
use crate::{
    campaign::{Actor, AuditEntry, Campaign},
    contact::{Contact, ExternalId, ExternalIdGiven},
    email::EmailAddress,
    ids::{ContactId, UserId},
    ports::{ContactAddition, ContactRemoval, ContactReplacement, ContactStore, Enrolment, NewCampaign},
};

fn external(text: &str) -> ExternalId {
    text.parse().expect("an external id")
}

fn noted(what: &str) -> AuditEntry {
    AuditEntry::of(what, Actor::Operator, at(START), None)
}

/// What every store does with contacts' ids in their agents' CRMs.
pub(super) async fn external_ids<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let (store, owner) = (stage.store, &stage.new[2].contact);
    let user = &owner.user_id;
    // Longer in bytes than in characters, and with what patterns and JSON are made of.
    let long = external(&"\u{1F3E0}%_\"\\".repeat(51));
    let kim = contact(owner, "x-kim", Some(&long));
    let add = async |new: &Contact| {
        store.add_contact(new.clone(), noted("contact_added")).await.expect("adding a contact")
    };
    let with = async |id: &ExternalId| store.contact_with(user, id).await.expect("looking for a contact");
    assert_eq!(with(&long).await, None, "nobody has it yet");
    assert_eq!(add(&kim).await, ContactAddition::Added, "a contact is made with an external id");
    assert_eq!(with(&long).await.as_ref(), Some(&kim), "and found by it, as it was given");
    let lee = contact(owner, "x-lee", Some(&long));
    assert_eq!(add(&lee).await, ContactAddition::ExternalIdTaken(kim.id.clone()), "one contact has it");
    assert_eq!(store.contact(&lee.id).await.expect("a contact"), None, "what is refused is not stored");
    let twin = Contact { id: "x-twin".parse().expect("an id"), ..kim.clone() };
    assert_eq!(add(&twin).await, ContactAddition::Exists(kim.id.clone()), "an address says more");
    let lee = Contact { external_id: Some(external("Lee")), ..lee };
    assert_eq!(add(&lee).await, ContactAddition::Added, "another one is free");
    assert_eq!(with(&external("lee")).await, None, "capitals count");
    let nobody: UserId = "nobody".parse().expect("an id");
    assert_eq!(store.contact_with(&nobody, &long).await.expect("a look"), None, "each agent has their own");
    let several = [external("nobody's"), external("Lee"), long.clone(), external("Lee")];
    let found = store.contacts_with(user, &several).await.expect("looking for contacts");
    let expected = [None, Some(&lee.id), Some(&kim.id), Some(&lee.id)];
    assert_eq!(found, expected.map(Option::<&ContactId>::cloned), "several are found in the order asked for");
    let of_others = store.contacts_with(&nobody, &several).await.expect("looking for contacts");
    assert_eq!(of_others, [None, None, None, None], "and nobody else's");
    assert_eq!(store.contacts_with(user, &[]).await.expect("looking for none"), []);

    changed(store, &kim, &lee, &long).await;
    given(store, owner, &kim).await;
    enrolled(stage).await;
}

/// A contact beside another, at an address of its own.
fn contact(beside: &Contact, id: &str, external_id: Option<&ExternalId>) -> Contact {
    Contact {
        id: id.parse().expect("an id"),
        email: format!("{id}@home.example").parse().expect("an address"),
        external_id: external_id.cloned(),
        ..beside.clone()
    }
}

async fn changed<S: Store + ?Sized>(store: &S, kim: &Contact, lee: &Contact, long: &ExternalId) {
    let replace = async |known: &Contact, new: &Contact| {
        let changed = noted("contact_changed");
        ContactStore::replace(store, known, new.clone(), changed).await.expect("changing a contact")
    };
    let taken = Contact { external_id: Some(long.clone()), ..lee.clone() };
    let refused = replace(lee, &taken).await;
    assert_eq!(refused, ContactReplacement::ExternalIdTaken(kim.id.clone()), "it is still one contact's");
    let named = Contact { first_name: "Kimberly".to_owned(), ..kim.clone() };
    assert_eq!(replace(kim, &named).await, ContactReplacement::Replaced, "its own is nobody else's");
    let without = Contact { external_id: None, ..named.clone() };
    assert_eq!(replace(&named, &without).await, ContactReplacement::Replaced, "it can be taken away");
    let found = store.contact_with(&kim.user_id, long).await.expect("looking for a contact");
    assert_eq!(found, None, "and is nobody's then");
    assert_eq!(replace(lee, &taken).await, ContactReplacement::Replaced, "so that another gets it");
    let removed = noted("contact_removed");
    let removal = store.remove_contact(&lee.user_id, &lee.id, removed).await.expect("removing a contact");
    assert_eq!(removal, ContactRemoval::Removed);
    let found = store.contact_with(&kim.user_id, long).await.expect("looking for a contact");
    assert_eq!(found, None, "a removed contact is not found");
    assert_eq!(replace(&without, &named).await, ContactReplacement::Replaced, "and frees it");
    let found = store.contact_with(&kim.user_id, long).await.expect("looking for a contact");
    assert_eq!(found.as_ref(), Some(&named), "for another");
}

/// Several are given at once. `owner` has none, and `kim` one.
async fn given<S: Store + ?Sized>(store: &S, owner: &Contact, kim: &Contact) {
    let user = &owner.user_id;
    let long = kim.external_id.clone().expect("it has one");
    let spelt: EmailAddress = owner.email.as_str().to_uppercase().parse().expect("an address");
    let nobodys: EmailAddress = "x-nobody@home.example".parse().expect("an address");
    let ids = vec![
        (spelt.clone(), long.clone()),
        (spelt.clone(), external("7")),
        (spelt.clone(), external("8")),
        (kim.email.clone(), external("8")),
        (kim.email.clone(), long.clone()),
        (nobodys.clone(), external("7")),
        (nobodys, external("8")),
    ];
    let give = async |ids: Vec<(EmailAddress, ExternalId)>| {
        store.give_external_ids(user, ids, noted("given")).await.expect("giving external ids")
    };
    let (kept, taken) = (ExternalIdGiven::Kept, |by: &ContactId| ExternalIdGiven::Taken(by.clone()));
    let expected = [
        taken(&kim.id),
        ExternalIdGiven::Given,
        kept.clone(),
        kept.clone(),
        kept.clone(),
        taken(&owner.id),
        ExternalIdGiven::NoContact,
    ];
    assert_eq!(give(ids.clone()).await, expected, "who has none gets one, and what is had is kept");
    let found = store.contact_with(user, &external("7")).await.expect("looking for a contact");
    let filled = Contact { external_id: Some(external("7")), ..owner.clone() };
    assert_eq!(found.as_ref(), Some(&filled), "it is theirs");
    let again = give(ids).await;
    assert_eq!((&again[1], &again[5]), (&kept, &taken(&owner.id)), "repeating it changes nothing");
    assert_eq!(give(Vec::new()).await, []);
    let history = store.agent_history(user, None, None, 500).await.expect("a history");
    let told = history.iter().filter(|line| line.entry.what == "given").map(|line| &line.entry.contact_id);
    assert_eq!(told.collect::<Vec<_>>(), [&Some(owner.id.clone())], "the history tells of those who got one");
    let without = noted("contact_changed");
    let back =
        ContactStore::replace(store, &filled, owner.clone(), without).await.expect("changing a contact");
    assert_eq!(back, ContactReplacement::Replaced);
}

/// Campaigns bring their contacts' external ids. The owner of the third has none.
async fn enrolled<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let (store, known) = (stage.store, &stage.new[2]);
    let owner = &known.contact;
    let new = |id: &str, to: &Contact, external_id: &str| NewCampaign {
        contact: Contact { external_id: Some(external(external_id)), ..to.clone() },
        campaign: Campaign { id: id.parse().expect("an id"), ..known.campaign.clone() },
        audit: Some(AuditEntry::of("campaign_made", Actor::Operator, at(START), Some(id.to_owned()))),
        one_of_many: false,
    };
    let (ada, bob) = (contact(owner, "x-ada", None), contact(owner, "x-bob", None));
    let elsewhere = |mut new: NewCampaign| {
        if let Some(home) = &mut new.campaign.home {
            home.street = "99 Oak St".to_owned();
        }
        new
    };
    let enrol = async |new: Vec<NewCampaign>| store.enrol(new).await.expect("enrolling campaigns");
    let external_id =
        async |id: &ContactId| store.contact(id).await.expect("a contact").expect("it is there").external_id;
    let exists = Enrolment::Exists(stage.id(2));
    assert_eq!(enrol(vec![new("x-1", owner, "9")]).await, [exists], "a campaign that is there");
    assert_eq!(external_id(&owner.id).await, None, "changes nothing about its contact");
    let enrolments = enrol(vec![
        new("x-2", &ada, "9"),
        new("x-3", &bob, "9"),
        elsewhere(new("x-4", owner, "9")),
        elsewhere(new("x-5", owner, "10")),
        elsewhere(new("x-6", &ada, "11")),
        new("x-7", &bob, "Lee"),
    ])
    .await;
    let made = |id: &str| Enrolment::Enrolled(id.parse().expect("an id"));
    let taken = || Enrolment::ExternalIdTaken(ada.id.clone());
    let expected = [made("x-2"), taken(), taken(), made("x-5"), made("x-6"), made("x-7")];
    assert_eq!(enrolments, expected, "what another contact has is refused, in this call too");
    assert_eq!(external_id(&ada.id).await, Some(external("9")), "a new contact has it, and keeps it");
    assert_eq!(external_id(&owner.id).await, Some(external("10")), "one that had none gets it");
    assert_eq!(external_id(&bob.id).await, Some(external("Lee")), "and so does one after a refusal");
    let found = store.contact_with(&owner.user_id, &external("10")).await.expect("looking for a contact");
    assert_eq!(found.map(|found| found.id).as_ref(), Some(&owner.id), "by which it is found");
    let history = store.agent_history(&owner.user_id, None, None, 500).await.expect("a history");
    let told = history.iter().map(|line| &line.entry).filter(|entry| entry.what == "contact_changed");
    let told: Vec<_> = told.filter(|entry| entry.cause.as_deref() == Some("external_id")).collect();
    assert_eq!(told.len(), 1, "the history tells of the one who was known: {told:?}");
    assert_eq!(told[0].contact_id.as_ref(), Some(&owner.id), "by name");
}
