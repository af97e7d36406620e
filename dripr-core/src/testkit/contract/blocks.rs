use super::{START, Stage, Store, at};
use crate::{
    access::Reach,
    campaign::{Action, Actor, AuditEntry, CampaignStatus},
    email::{Block, DeliveryStatus, EmailAddress, NoMailCause, Suppression, SuppressionCause},
    person::erase,
    ports::{BlockStore, ContactReplacement, ContactStore, DeedStore, PersonStore},
    testkit::samples,
};

/// What every [`BlockStore`] must do: a blocked address gets nothing of any agent from then on, whatever stood ready for it, and when
/// that is lifted each agent's campaigns go on from what the agent knows of the address. Operators read who did it.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn block_store<S>(store: &S)
where
    S: Store + BlockStore + DeedStore + PersonStore + ?Sized,
{
    let mut stage = Stage::new(store, 2).await;
    let other = samples::agent("other", at(START)).expect("a sample agent");
    let event = samples::user_created(&other);
    assert!(
        store.register(other.clone(), event, Actor::Operator).await.expect("registering an agent"),
        "a new agent"
    );
    let theirs = samples::campaign(&other, 1, "98103", 12, at(START)).expect("a sample campaign");
    store.enrol(vec![theirs.clone()]).await.expect("enrolling a campaign");
    stage.new.push(theirs);
    stage.did(2, Action::Tick).await;

    // An email that is approved, and whose time has come.
    stage.make_email(0).await;
    stage.clock.set(at("2026-03-12T15:00:00Z"));
    stage.did(0, Action::Tick).await;
    let email = stage.dossier(0).await.email.expect("an email was made");
    assert_eq!(stage.dossier(0).await.campaign.status, CampaignStatus::ReadyToSendEmail, "it may leave");

    let address = stage.new[0].contact.email.clone();
    let spelt_otherwise: EmailAddress = address.as_str().to_uppercase().parse().expect("an address");
    let block = Block {
        address: spelt_otherwise,
        since: at("2026-03-12T15:00:00Z"),
        by: Actor::Operator,
        reason: Some("a court said so".to_owned()),
    };
    assert_eq!(store.block_of(&address).await.expect("reading a block"), None, "nothing is blocked");
    assert!(store.block(block.clone()).await.expect("blocking"), "it is news");
    both_are_due(&stage).await;
    let claim = stage.try_(0, Action::Claim { email_id: email.id.clone() }).await;
    assert!(claim.result.is_err(), "nothing is claimed for a blocked address: {claim:?}");
    for n in [0, 2] {
        stage.did(n, Action::Tick).await;
        let dossier = stage.dossier(n).await;
        assert_eq!(dossier.block.as_ref(), Some(&block), "the block is read with the campaign");
        assert_eq!(dossier.suppression, None, "it is no suppression");
        assert_eq!(dossier.no_mail().map(|why| why.cause), Some(NoMailCause::Blocked), "but ends the mail");
        assert_eq!(dossier.campaign.status, CampaignStatus::Unsubscribed, "of every agent");
    }
    let skipped = store.email(&email.id).await.expect("reading an email").expect("the email");
    assert_eq!(skipped.delivery_status, DeliveryStatus::Skipped, "what stood ready is not sent");
    assert_eq!(skipped.cause.as_deref(), Some(NoMailCause::Blocked.sentence()), "and says why");
    assert_eq!(stage.dossier(1).await.block, None, "a block is about one address and no other");

    agents_lift_nothing(&stage, &block).await;
    listed_and_found(store, &block).await;

    // What their recipient decides meanwhile is kept.
    let opt_out = Suppression {
        user_id: other.id.clone(),
        address: address.clone(),
        cause: SuppressionCause::OptOut,
        since: at("2026-03-12T15:30:00Z"),
        carried_from: None,
    };
    store.suppress(opt_out, Actor::Recipient).await.expect("suppressing");
    stage.did(2, Action::Tick).await;

    let lifted_at = at("2026-03-12T16:00:00Z");
    let unblock = async || store.unblock(&address, Actor::System, lifted_at).await.expect("unblocking");
    assert!(unblock().await, "it is lifted, however the address is spelt");
    both_are_due(&stage).await;
    assert!(!unblock().await, "once");
    assert_eq!(store.block_of(&address).await.expect("reading a block"), None, "it is gone");
    stage.did(0, Action::Tick).await;
    let status = stage.dossier(0).await.campaign.status;
    assert_ne!(status, CampaignStatus::Unsubscribed, "the campaign goes on");
    stage.did(2, Action::Tick).await;
    let status = stage.dossier(2).await.campaign.status;
    assert_eq!(status, CampaignStatus::Unsubscribed, "but not to somebody who opted out");

    noted(store, &block, lifted_at).await;
    an_erased_persons_address_stays_blocked(&stage).await;
}

/// The campaigns of both agents to the address, and none to another.
async fn both_are_due<S: Store + ?Sized>(stage: &Stage<'_, S>) {
    let mut due = stage.store.due(at(START), 10).await.expect("due");
    due.sort();
    assert_eq!(due, [stage.id(0), stage.id(2)], "all campaigns to the address are due at once");
}

async fn agents_lift_nothing<S: Store + BlockStore + ?Sized>(stage: &Stage<'_, S>, block: &Block) {
    let (store, contact) = (stage.store, &stage.new[0].contact);
    let (user, address) = (&contact.user_id, &contact.email);
    let (most, now) = (SuppressionCause::Complaint, stage.clock_now());
    let lifted = store.lift(user, address, most, Actor::Recipient, now).await.expect("lifting");
    assert!(!lifted, "there is no suppression to lift");
    assert_eq!(store.suppression(user, address).await.expect("reading it"), None, "nor one to be seen");
    let mut moved = contact.clone();
    moved.email = "elsewhere@home.example".parse().expect("an address");
    let edited = AuditEntry::of("contact_changed", Actor::Operator, now, None);
    let replaced = ContactStore::replace(store, contact, moved, edited).await.expect("replacing");
    assert_eq!(replaced, ContactReplacement::Blocked, "a blocked address is not exchanged for another");
    let mut renamed = contact.clone();
    renamed.first_name = "Renamed".to_owned();
    let edited = AuditEntry::of("contact_changed", Actor::Operator, now, None);
    let replaced = ContactStore::replace(store, contact, renamed, edited).await.expect("replacing");
    assert_eq!(replaced, ContactReplacement::Replaced, "but a name is");
    let later = Block { since: now, by: Actor::System, reason: None, address: address.clone() };
    assert!(!store.block(later).await.expect("blocking"), "an address is blocked once");
    let known = store.block_of(address).await.expect("reading a block");
    assert_eq!(known.as_ref(), Some(block), "and stays blocked as it was at first");
}

async fn listed_and_found<S: BlockStore + ?Sized>(store: &S, first: &Block) {
    let second = Block {
        address: "stranger@home.example".parse().expect("an address"),
        since: at("2026-03-12T15:10:00Z"),
        by: Actor::System,
        reason: None,
    };
    assert!(store.block(second.clone()).await.expect("blocking"), "nobody need write to the address yet");
    let both = [first.clone(), second.clone()];
    let listed = async |after: Option<String>, limit| store.blocks(after, limit).await.expect("blocks");
    assert_eq!(listed(None, 10).await, both, "blocks are listed by the keys of their addresses");
    assert_eq!(listed(None, 1).await, both[..1], "a page at a time");
    assert_eq!(listed(Some(first.address.key()), 10).await, both[1..]);
    let nobodys = "nobody@home.example".parse().expect("an address");
    let asked = [second.address.clone(), nobodys, first.address.clone()];
    let among = store.blocked_among(&asked).await.expect("blocks");
    let expected = [Some(second.clone()), None, Some(first.clone())];
    assert_eq!(among, expected, "each of several addresses is answered in its place");
    assert!(store.blocked_among(&[]).await.expect("blocks").is_empty(), "none is asked for");
}

async fn noted<S: DeedStore + ?Sized>(store: &S, block: &Block, lifted_at: crate::schedule::Instant) {
    let deeds = store.deeds(&Reach::Deployment, None, 10).await.expect("what was done");
    let whats: Vec<&str> = deeds.iter().map(|entry| entry.deed.what.as_str()).collect();
    let expected = ["address_unblocked", "address_blocked", "address_blocked"];
    assert_eq!(whats, expected, "all that changed something is noted");
    assert_eq!(deeds[2].deed, block.making(), "with who did it, when and why");
    assert_eq!(deeds[0].deed, block.lifting(Actor::System, lifted_at));
    let agent = Reach::Agent(crate::ids::UserId::new("agent").expect("an id"));
    assert_eq!(store.deeds(&agent, None, 10).await.expect("what was done"), [], "for operators alone");
}

async fn an_erased_persons_address_stays_blocked<S>(stage: &Stage<'_, S>)
where
    S: Store + BlockStore + PersonStore + ?Sized,
{
    let (store, contact) = (stage.store, &stage.new[1].contact);
    let (user, address) = (&contact.user_id, &contact.email);
    let block =
        Block { address: address.clone(), since: stage.clock_now(), by: Actor::Operator, reason: None };
    assert!(store.block(block.clone()).await.expect("blocking"), "a new block");
    let person = store.person(user, address).await.expect("finding a person").expect("the person");
    assert_eq!(person.block.as_ref(), Some(&block), "it is told to whom it is about");
    erase(store, &[], &stage.desk, user, address).await.expect("erasing a person");
    assert_eq!(
        store.block_of(address).await.expect("reading a block"),
        Some(block),
        "an erasure lifts nothing"
    );
    let known = store.suppression(user, address).await.expect("reading an opt-out");
    assert_eq!(known.map(|known| known.cause), Some(SuppressionCause::OptOut), "and does not rely on it");
}
