use super::{START, Stage, Store, at, external_ids::external_ids};
use crate::{
    campaign::{Action, Actor, AuditEntry, Campaign, CampaignStatus, Command},
    contact::Contact,
    email::{EmailAddress, Suppression, SuppressionCause},
    errors::Fault,
    ports::{
        AddressSuppression, ContactAddition, ContactRemoval, ContactReplacement, ContactStore, Enrolment,
        NewCampaign,
    },
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
    let several = ["nobody@home.example", "OWNER2@home.example", "owner2@home.example"];
    let several = several.map(|address| address.parse::<EmailAddress>().expect("an address"));
    let writing_to_each = store.agents_writing_to_each(&several).await.expect("agents");
    assert_eq!(
        writing_to_each,
        [vec![], own.to_vec(), own.to_vec()],
        "who writes to several, in their order"
    );
    assert!(store.agents_writing_to_each(&[]).await.expect("agents").is_empty(), "nobody to none");

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
    let both = [contact.email.clone(), moved.email.clone()];
    let writing_to_each = store.agents_writing_to_each(&both).await.expect("agents");
    assert_eq!(writing_to_each, [vec![], own.to_vec()], "also when several are asked for");
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
        carried_from: None,
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
        store.suppressions(&contact.user_id, None, after, limit).await.expect("opt-outs")
    };
    let both = [opt_out, complaint];
    assert_eq!(suppressed(None, 10).await, both, "an agent's opt-outs are listed by their keys");
    assert_eq!(suppressed(None, 1).await, both[..1], "a page at a time");
    assert_eq!(suppressed(Some(both[0].address.key()), 10).await, both[1..]);
    let nobodys = "nobody@home.example".parse().expect("an address");
    let asked = [address.clone(), nobodys, both[0].address.clone()];
    let among = store.suppressed_among(&contact.user_id, &asked).await.expect("opt-outs");
    assert_eq!(
        among,
        [Some(both[1].clone()), None, Some(both[0].clone())],
        "each of several addresses is answered in its place"
    );
    assert_eq!(
        store.suppressions(&nobody, None, None, 10).await.expect("opt-outs"),
        [],
        "each agent has their own"
    );
    let of_cause = async |cause, after: Option<String>| {
        store.suppressions(&contact.user_id, Some(cause), after, 10).await.expect("opt-outs of a cause")
    };
    assert_eq!(of_cause(SuppressionCause::OptOut, None).await, both[..1], "those of one cause");
    assert_eq!(of_cause(SuppressionCause::Complaint, Some(both[0].address.key())).await, both[1..]);
    assert_eq!(of_cause(SuppressionCause::HardBounce, None).await, [], "there may be none");
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
    let owner = &stage.new[1].contact.id;
    assert_eq!(line.contact_id.as_ref(), Some(owner), "and whose address it is");
    let history = store.agent_history(&contact.user_id, None, None, 100).await.expect("a history");
    let suppressed = history.iter().filter(|line| line.entry.what == "suppressed");
    let about: Vec<_> = suppressed
        .map(|line| (line.campaign_id.is_some(), line.entry.contact_id.as_ref() == Some(owner)))
        .collect();
    assert_eq!(about, [(false, false), (true, true)], "an address without a contact is nobody's");
    stage.did(1, Action::Tick).await;
    let status = stage.dossier(1).await.campaign.status;
    assert_eq!(status, CampaignStatus::Dormant, "a lifted suppression lets the campaign go on");

    how_it_became(&stage).await;
    super::opt_ins::what_was_carried_over(&stage).await;
    alone(&stage).await;
    external_ids(&stage).await;
}

/// What a store says of suppressions that were known, or were not.
async fn how_it_became<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let (store, agent) = (stage.store, &stage.new[0].contact.user_id);
    let (bounce, opt_out) = (SuppressionCause::HardBounce, SuppressionCause::OptOut);
    let address: EmailAddress = "z.last@home.example".parse().expect("an address");
    for (cause, expected, why) in [
        (bounce, AddressSuppression::Anew, "what was not known is new"),
        (bounce, AddressSuppression::Known, "the same again is not"),
        (opt_out, AddressSuppression::MoreFinal, "a more final cause takes its place"),
        (bounce, AddressSuppression::Known, "and no less final one"),
    ] {
        let suppression = Suppression {
            user_id: agent.clone(),
            address: address.clone(),
            cause,
            since: at(START),
            carried_from: None,
        };
        let became = store.suppress_because(suppression, Actor::Operator, why.to_owned()).await;
        assert_eq!(became.expect("suppressing"), expected, "{why}");
    }
    let history = store.agent_history(agent, None, None, 100).await.expect("a history");
    let told = |why: &str| history.iter().filter(|line| line.entry.cause.as_deref() == Some(why)).count();
    assert_eq!(told("what was not known is new") + told("a more final cause takes its place"), 2);
    assert_eq!(told("the same again is not") + told("and no less final one"), 0, "nothing changed");
    store.lift(agent, &address, opt_out, Actor::Operator, at(START)).await.expect("lifting");
}

/// Contacts that are made and removed by themselves.
async fn alone<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let store = stage.store;
    let noted = |what: &str| AuditEntry::of(what, Actor::Operator, at(START), None);
    let owner = &stage.new[2].contact;
    let alone = Contact {
        id: "alone".parse().expect("an id"),
        email: "Alone@home.example".parse().expect("an address"),
        ..owner.clone()
    };
    let found = async |address: &str| {
        let address = address.parse().expect("an address");
        store.contact_at(&owner.user_id, &address).await.expect("looking for a contact")
    };
    let add = async |new: &Contact| store.add_contact(new.clone(), noted("contact_added")).await;
    let remove = async |id| {
        let removed = noted("contact_removed");
        store.remove_contact(&owner.user_id, id, removed).await.expect("removing a contact")
    };
    assert_eq!(found("alone@home.example").await, None, "there is no such contact yet");
    assert_eq!(add(&alone).await.expect("adding"), ContactAddition::Added, "a contact can be made alone");
    let stored = store.contact(&alone.id).await.expect("a contact");
    assert_eq!(stored.as_ref(), Some(&alone), "it comes back as it was given");
    assert_eq!(found("ALONE@home.example").await.as_ref(), Some(&alone), "it is found however it is spelt");
    let several = ["nobody@home.example", owner.email.as_str(), "aLone@home.example"];
    let several = several.map(|address| address.parse().expect("an address"));
    let ids = store.contacts_at(&owner.user_id, &several).await.expect("looking for contacts");
    assert_eq!(
        ids,
        [None, Some(owner.id.clone()), Some(alone.id.clone())],
        "several are found in the order asked for"
    );
    assert_eq!(store.contacts_at(&owner.user_id, &[]).await.expect("looking for none"), []);
    let stranger = "nobody".parse().expect("an id");
    let of_stranger = store.contacts_at(&stranger, &several).await.expect("looking for contacts");
    assert_eq!(of_stranger, [None, None, None], "each agent has their own");
    let again = Contact { id: "again".parse().expect("an id"), ..alone.clone() };
    assert_eq!(
        add(&again).await.expect("adding"),
        ContactAddition::Exists(alone.id.clone()),
        "and is not doubled"
    );
    let taken = Contact { email: "taken@home.example".parse().expect("an address"), ..alone.clone() };
    let refused = add(&taken).await.expect_err("an id that is taken");
    assert_eq!(refused.fault(), Fault::Invalid, "an id is one contact's");
    let orphan = Contact { user_id: "nobody".parse().expect("an id"), ..taken };
    assert_eq!(add(&orphan).await.expect("adding"), ContactAddition::NoAgent, "it belongs to an agent");
    let enrolled = NewCampaign {
        contact: again,
        campaign: Campaign { id: "alone-1".parse().expect("an id"), ..stage.new[2].campaign.clone() },
        audit: None,
        one_of_many: false,
    };
    let id = enrolled.campaign.id.clone();
    let enrolment = store.enrol(vec![enrolled.clone()]).await.expect("enrolling");
    assert_eq!(enrolment, [Enrolment::Enrolled(id.clone())], "a campaign is made for it later");
    let dossier = store.load(std::slice::from_ref(&id)).await.expect("a campaign").pop().flatten();
    assert_eq!(dossier.map(|dossier| dossier.contact).as_ref(), Some(&alone), "and writes to it");
    assert_eq!(remove(&alone.id).await, ContactRemoval::HasCampaigns, "whoever gets mail is not removed");
    let delete = Command {
        campaign_id: id.clone(),
        actor: Actor::Operator,
        action: Action::Delete,
        desk: stage.desk.clone(),
    };
    let executed = store.execute(vec![delete]).await.expect("removing a campaign");
    assert!(executed.iter().all(|executed| executed.result.is_ok()), "a campaign is removed");
    let nobody = "nobody".parse().expect("an id");
    let foreign = store.remove_contact(&nobody, &alone.id, noted("contact_removed")).await;
    assert_eq!(foreign.expect("removing"), ContactRemoval::NotThere, "another agent's contact stays");
    assert_eq!(remove(&alone.id).await, ContactRemoval::Removed, "without campaigns it is removed");
    assert_eq!(remove(&alone.id).await, ContactRemoval::NotThere, "once");
    assert_eq!(found("alone@home.example").await, None, "it is not found any more");
    let removed = store.contacts_at(&owner.user_id, &several[2..]).await.expect("looking for contacts");
    assert_eq!(removed, [None], "nor among several");
    let of_agent = store.contacts(&owner.user_id, None, 100).await.expect("contacts");
    assert!(of_agent.iter().all(|contact| contact.id != alone.id), "nor listed");
    let removed = store.contact(&alone.id).await.expect("a contact").expect("a removed one");
    assert_eq!(removed.deleted_at, Some(at(START)), "it is known since when it is removed");
    let history = store.history(&id).await.expect("a history");
    assert!(history.contains(&noted("contact_removed")), "its campaign's history tells");
    let history = store.agent_history(&owner.user_id, None, None, 100).await.expect("a history");
    assert!(
        history.iter().any(|line| line.entry == noted("contact_added")),
        "and the agent's that it was made"
    );
    let anew = Contact { id: "anew".parse().expect("an id"), ..alone.clone() };
    assert_eq!(add(&anew).await.expect("adding"), ContactAddition::Added, "the address is free again");
    assert_eq!(found("alone@home.example").await, Some(anew), "for a new one");
}
