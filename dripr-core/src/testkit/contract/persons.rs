use super::{
    Stage, Store, at,
    webhooks::{done, endpoint, put},
};
use crate::{
    access::Reach,
    campaign::{Action, Actor, AuditEntry},
    contact::{Contact, ExternalId},
    email::{EmailAddress, Suppression, SuppressionCause},
    feedback::{Bounce, BounceKind, Feedback, Happening},
    ids::{EmailId, FeedbackId},
    person::{CampaignErasure, PersonErased, erase},
    ports::{ContactReplacement, ContactStore, FeedbackStore, PersonStore, WebhookStore},
    webhooks::{Kind, Kinds},
};

/// What every [`PersonStore`] must do: all that is stored about a person is found by agent and address, and once it is erased
/// nothing is left of it but that the address is not to be written to. Nobody else loses anything.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn person_store<S: Store + PersonStore + FeedbackStore + WebhookStore + ?Sized>(store: &S) {
    let stage = Stage::new(store, 4).await;
    let user = stage.new[0].campaign.user_id.clone();
    let address = stage.new[0].contact.email.clone();
    let nobody = "nobody@home.example".parse().expect("an address");
    assert_eq!(store.person(&user, &nobody).await.expect("finding a person"), None, "nobody is not there");

    // Three emails that have much in common; the first is what the others may be compressed against.
    let message = stage.make_email(0).await;
    let others = [stage.make_email(1).await, stage.make_email(2).await];
    let email_of = async |n: usize| stage.dossier(n).await.email.expect("an email was made");
    let email = email_of(0).await;
    let ids = [email_of(1).await.id, email_of(2).await.id];
    feedback(store, &email.id).await;
    let external_id: ExternalId = "crm 1".parse().expect("an external id");
    let of_crm = vec![(address.clone(), external_id.clone())];
    let given = AuditEntry::of("contact_changed", Actor::Operator, at("2026-03-11T15:00:00Z"), None);
    store.give_external_ids(&user, of_crm, given).await.expect("giving an external id");

    let found = store.person(&user, &address).await.expect("finding a person").expect("the person is found");
    let folded = address.as_str().to_uppercase().parse().expect("an address");
    let same = store.person(&user, &folded).await.expect("finding a person").expect("by the address's key");
    assert_eq!(same.campaigns, found.campaigns, "an address is found however it is written");
    assert_eq!(found.contacts.len(), 1, "the contact is found");
    assert_eq!(found.contacts[0].external_id.as_ref(), Some(&external_id), "with its id in the agent's CRM");
    assert_eq!(found.campaigns.len(), 1, "the campaign is found, and no other's");
    let campaign = &found.campaigns[0];
    assert_eq!(campaign.campaign.id, stage.id(0), "the campaign is theirs");
    assert_eq!(campaign.emails.len(), 1, "the email is found");
    assert_eq!(campaign.emails[0].message.as_ref(), Some(&message), "with its text");
    assert_eq!(campaign.feedback.len(), 1, "what came back is found");
    assert!(!campaign.history.is_empty(), "the history is found");

    let entry = || AuditEntry {
        at: at("2026-03-12T12:00:00Z"),
        actor: Actor::Operator,
        what: "erased".to_owned(),
        cycle: None,
        email_id: None,
        cause: None,
        contact_id: None,
    };
    let early = store.erase_campaign(&stage.id(0), entry()).await.expect("erasing a campaign");
    assert_eq!(early, CampaignErasure::NotRemoved, "only what was removed is erased");

    // While an email is being sent nothing of it goes.
    stage.clock.set(at("2026-03-12T15:00:00Z"));
    stage.did(0, Action::Tick).await;
    stage.did(0, Action::Claim { email_id: email.id.clone() }).await;
    let erased = erase(store, &[], &stage.desk, &user, &address).await.expect("erasing a person");
    assert_eq!(erased, PersonErased { under_way: vec![email.id.clone()], ..PersonErased::default() });
    let texts = store.messages(std::slice::from_ref(&email.id)).await.expect("reading a text");
    assert_eq!(texts, [Some(message)], "an email that is being sent is kept until that is known");
    let attempt = store.email(&email.id).await.expect("reading an email").and_then(|email| email.attempt);
    let attempt = attempt.expect("it was claimed");
    let outcome = crate::ports::SendOutcome::Accepted { provider_message_id: Some("p-1".to_owned()) };
    stage.did(0, Action::Record { attempt_id: attempt.id, fence: attempt.fence, outcome }).await;

    let before = store.history(&stage.id(0)).await.expect("reading a history").len();
    let counts = crate::ports::EmailStore::count_by_status(store).await.expect("counting emails");
    let erased = erase(store, &[], &stage.desk, &user, &address).await.expect("erasing a person");
    assert_eq!((erased.campaigns, erased.emails, erased.contacts), (1, 1, 1), "all of it is erased");
    let left = store.person(&user, &address).await.expect("finding a person").expect("the opt-out is left");
    assert!(left.contacts.is_empty() && left.campaigns.is_empty(), "and nothing else: {left:?}");
    let why = left.suppression.expect("the address is not to be written to");
    assert_eq!(why.cause, SuppressionCause::OptOut, "it was added where there was none");
    let texts = store.messages(&[email.id.clone(), ids[0].clone(), ids[1].clone()]).await;
    let [first, second] = others;
    assert_eq!(
        texts.expect("reading texts"),
        [None, Some(first), Some(second)],
        "the text is gone, and nobody else's"
    );
    assert_eq!(
        crate::ports::EmailStore::count_by_status(store).await.expect("counting emails"),
        counts,
        "counts stay"
    );
    let history = store.history(&stage.id(0)).await.expect("reading a history");
    assert!(history.len() > before, "the history stays and says that it was erased");
    assert!(history.iter().all(|entry| entry.cause.is_none()), "without words");
    let dossier = stage.dossier(0).await;
    let shown = format!("{dossier:?}");
    assert!(
        dossier.campaign.deleted_at.is_some() && dossier.campaign.home.is_none(),
        "the campaign is removed"
    );
    assert_eq!(dossier.contact.external_id, None, "nobody is known by an id elsewhere");
    let held = store.contact_with(&user, &external_id).await.expect("looking for a contact");
    assert_eq!(held, None, "and nobody is found by one");
    let contact = &stage.new[0].contact;
    for text in [contact.last_name.as_str(), "1 Elm St"] {
        assert!(!shown.contains(text), "{text} is left: {shown}");
    }
    let kept = store.feedback(&stage.id(0)).await.expect("reading what came back");
    assert_eq!(kept.len(), 1, "what came back is counted");
    assert!(
        kept[0].recipient.is_none() && !format!("{kept:?}").contains("owner1"),
        "without details: {kept:?}"
    );
    let again = erase(store, &[], &stage.desk, &user, &address).await.expect("erasing a person again");
    assert_eq!((again.campaigns, again.contacts), (0, 0), "repeating it finds nothing any more");

    // A more final opt-out stays what it was.
    let address = stage.new[1].contact.email.clone();
    let (user_id, cause, since) = (user.clone(), SuppressionCause::Complaint, at("2026-03-02T00:00:00Z"));
    let complaint = Suppression { user_id, address: address.clone(), cause, since, carried_from: None };
    store.suppress(complaint.clone(), Actor::Recipient).await.expect("suppressing an address");
    erase(store, &[], &stage.desk, &user, &address).await.expect("erasing a person");
    let left = store.suppression(&user, &address).await.expect("reading an opt-out");
    assert_eq!(left, Some(complaint), "a complaint stays one");
    // That two addresses were one person's is forgotten, with the one or the other.
    let [old, new, third] = ["old@carried.example", "new@carried.example", "third@carried.example"]
        .map(|text| text.parse::<EmailAddress>().expect("an address"));
    for (to, from) in [(&new, &old), (&third, &new)] {
        let (user_id, cause) = (user.clone(), SuppressionCause::OptOut);
        let carried =
            Suppression { user_id, address: to.clone(), cause, since, carried_from: Some(from.clone()) };
        store.suppress(carried, Actor::Recipient).await.expect("suppressing an address");
    }
    let decided_at = async |address: &EmailAddress| {
        let known = store.suppression(&user, address).await.expect("reading an opt-out");
        known.expect("it stays").carried_from
    };
    erase(store, &[], &stage.desk, &user, &old).await.expect("erasing a person");
    assert_eq!((decided_at(&new).await, decided_at(&third).await), (None, Some(new.clone())));
    erase(store, &[], &stage.desk, &user, &third).await.expect("erasing a person");
    assert_eq!(decided_at(&third).await, None, "and nothing is written to any of them");
    let texts = store.messages(&ids).await.expect("reading texts");
    assert!(texts[0].is_none() && texts[1].is_some(), "one by one");
    told_before(&stage).await;
}

/// What others were told of a person is found at their present address, also what they were told before they had it.
async fn told_before<S: Store + PersonStore + WebhookStore + ?Sized>(stage: &Stage<'_, S>) {
    let store = stage.store;
    let user = stage.new[2].campaign.user_id.clone();
    let kinds = Kinds::from_iter([Kind::ContactChanged, Kind::CampaignRemoved]);
    put(store, endpoint("persons", Reach::Agent(user.clone()), kinds)).await;
    let contact = stage.new[2].contact.clone();
    let renamed = Contact { first_name: "Renamed".to_owned(), ..contact.clone() };
    let moved = Contact { email: "moved@told.example".parse().expect("an address"), ..renamed.clone() };
    let replace = async |known: &Contact, new: &Contact, then: &str| {
        let audit = AuditEntry::of("contact_changed", Actor::Operator, at(then), None);
        let replaced = done(ContactStore::replace(store, known, new.clone(), audit).await);
        assert_eq!(replaced, ContactReplacement::Replaced, "a contact is changed");
    };
    replace(&contact, &renamed, "2026-03-13T12:00:00Z").await;
    stage.clock.set(at("2026-03-13T13:00:00Z"));
    for n in [2, 3] {
        stage.did(n, Action::Delete).await;
    }
    replace(&renamed, &moved, "2026-03-13T14:00:00Z").await;
    let person = done(store.person(&user, &moved.email).await).expect("the person is found");
    let told: Vec<Kind> = person.messages.iter().map(|message| message.kind).collect();
    let expected = [Kind::ContactChanged, Kind::CampaignRemoved, Kind::ContactChanged];
    assert_eq!(told, expected, "of the contact and of the campaign, each once, the oldest first");
    let campaigns: Vec<_> =
        person.messages.iter().filter_map(|message| message.campaign_id.clone()).collect();
    assert_eq!(campaigns, [stage.id(2)], "and of nobody else");
    done(erase(store, &[], &stage.desk, &user, &moved.email).await);
    let erased = done(store.person(&user, &moved.email).await).expect("the opt-out is left");
    assert_eq!(erased.messages, [], "none of them is theirs once they are erased");
}

async fn feedback<S: FeedbackStore + ?Sized>(store: &S, email: &EmailId) {
    let kept = store
        .keep_feedback(Feedback {
            id: FeedbackId::new("f-1").expect("an id"),
            email_id: email.clone(),
            recipient: "owner1@home.example".parse().ok(),
            at: at("2026-03-11T16:00:00Z"),
            what: Happening::Bounced(Bounce {
                kind: BounceKind::FullMailbox,
                detail: "the mailbox of owner1 is full".to_owned(),
            }),
        })
        .await
        .expect("keeping what came back");
    assert!(kept, "what came back of an email is kept");
}
