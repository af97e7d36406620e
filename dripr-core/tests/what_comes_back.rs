//! What follows from what comes back of emails, over the in-memory store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_core::{
    Dripr,
    campaign::{Action, Actor, AuditEntry, CampaignStatus, command::Bench},
    consent,
    contact::Contact,
    email::{
        ApprovalLinks, Block, DeliveryStatus, Email, EmailAddress, OptOutClaim, OptOutLinks, Suppression,
        SuppressionCause, UnusableApprovalLink,
    },
    errors::{Fault, PortError, PortResult},
    feedback::{
        Bounce, BounceKind, Engagement, Feedback, Happening, Level, Refusal, Refused, Taken, TakenOver,
        foresee, refuse, take, take_over,
    },
    ids::{CampaignId, EmailId, FeedbackId, UserId},
    person,
    policy::Policy,
    ports::{
        BlockStore, Clock, ContactReplacement, ContactStore, EmailFilter, EmailStore, FeedbackStore,
        ListedSuppression, SuppressionList,
    },
    schedule::Instant,
    testkit::{Mailbox, ManualClock, MemoryStore, Mood, samples},
};

struct World {
    store: MemoryStore,
    clock: Arc<ManualClock>,
    mailbox: Arc<Mailbox>,
    bench: Arc<Bench>,
    dripr: Dripr,
}

const START: &str = "2026-03-01T12:00:00Z";
const SENT: &str = "2026-03-12T15:00:00Z";

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

impl World {
    async fn new() -> Self {
        let (store, clock) = (MemoryStore::new(), Arc::new(ManualClock::at(at(START))));
        let mailbox = Arc::new(Mailbox::new());
        samples::fill(&store, 1, "98103", 12, at(START)).await.unwrap();
        let dripr = samples::builder(&store, clock.clone(), mailbox.clone()).unwrap().build().unwrap();
        let bench = Arc::new(Bench { clock: clock.clone(), policy: Policy::default() });
        Self { store, clock, mailbox, bench, dripr }
    }

    async fn until(&self, end: &str) {
        let end = at(end);
        while let Some(next) = self.dripr.step().await.unwrap().next.filter(|next| *next <= end) {
            self.clock.set(next);
        }
        self.clock.set(end);
        self.dripr.step().await.unwrap();
    }

    /// One whose first email was sent on 12 March.
    async fn sent() -> Self {
        let world = Self::new().await;
        world.until("2026-03-13T12:00:00Z").await;
        assert_eq!(world.mailbox.accepted().len(), 1);
        world
    }

    fn email_id() -> EmailId {
        EmailId::new("agent-1.1").unwrap()
    }

    fn piece(id: &str, time: &str, what: Happening) -> Feedback {
        let id = FeedbackId::new(id).unwrap();
        Feedback { id, email_id: Self::email_id(), recipient: None, at: at(time), what }
    }

    async fn take(&self, id: &str, time: &str, what: Happening) -> Taken {
        take(&self.store, &self.bench, Self::piece(id, time, what)).await.unwrap()
    }

    async fn email(&self) -> Email {
        self.store.email(&Self::email_id()).await.unwrap().unwrap()
    }

    async fn suppression(&self) -> Option<Suppression> {
        let email = self.email().await;
        self.store.suppression(&email.user_id, &email.recipient).await.unwrap()
    }

    async fn cause(&self) -> Option<SuppressionCause> {
        self.suppression().await.map(|suppression| suppression.cause)
    }

    async fn cause_at(&self, address: &EmailAddress) -> Option<SuppressionCause> {
        let user = UserId::new("agent").unwrap();
        self.store.suppression(&user, address).await.unwrap().map(|known| known.cause)
    }

    /// What the link in an accepted email says.
    fn claim(&self, nth: usize) -> OptOutClaim {
        let link = self.mailbox.accepted()[nth].message.opt_out_link.clone().unwrap();
        links().read(link.strip_prefix("https://mail.example/o/").unwrap()).unwrap()
    }

    /// What it said before links named the recipient.
    fn older_claim(&self, nth: usize) -> OptOutClaim {
        OptOutClaim { recipient: None, ..self.claim(nth) }
    }

    /// The agent corrects the contact's address.
    async fn moves_to(&self, address: &EmailAddress) {
        let known = self.store.contacts(&UserId::new("agent").unwrap(), None, 1).await.unwrap().remove(0);
        let moved = Contact { email: address.clone(), ..known.clone() };
        let audit = AuditEntry::of("contact_changed", Actor::Operator, self.clock.now(), None);
        let replaced = ContactStore::replace(&self.store, &known, moved, audit).await.unwrap();
        assert_eq!(replaced, ContactReplacement::Replaced);
    }
}

/// Those of the samples' builder.
fn links() -> OptOutLinks {
    OptOutLinks::new("https://mail.example", "a sample key of some length".to_owned().into()).unwrap()
}

fn bounced(kind: BounceKind) -> Happening {
    Happening::Bounced(Bounce { kind, detail: "5.1.1".to_owned() })
}

const MORNING: &str = "2026-03-13T09:00:00Z";
const NOON: &str = "2026-03-13T12:00:00Z";

#[tokio::test]
async fn a_time_that_cannot_be_is_moved_to_the_nearest_that_can() {
    let world = World::sent().await;
    let made = world.email().await.created_at;
    for (id, told, kept) in [
        ("past", at("1970-01-01T00:00:00Z"), made),
        ("future", at("2099-01-01T00:00:00Z"), at(NOON)),
        ("present", at(MORNING), at(MORNING)),
    ] {
        world.take(id, &told.to_rfc3339(), Happening::Delivered).await;
        let known = world.store.feedback(&CampaignId::new("agent-1").unwrap()).await.unwrap();
        let known = known.iter().find(|known| known.id.as_str() == id).unwrap();
        assert_eq!(known.at, kept, "{id}");
    }
}

#[tokio::test]
async fn what_is_final_ends_the_mail_to_an_address() {
    for (what, cause) in [
        (bounced(BounceKind::NoMailbox), Some(SuppressionCause::HardBounce)),
        (bounced(BounceKind::FullMailbox), None),
        (bounced(BounceKind::Refused), None),
        (bounced(BounceKind::Unreachable), None),
        (bounced(BounceKind::AutoReply), None),
        (bounced(BounceKind::Unclear), None),
        (Happening::Complained, Some(SuppressionCause::Complaint)),
        (Happening::OptedOut, Some(SuppressionCause::OptOut)),
        (Happening::Delivered, None),
        (Happening::Opened { user_agent: String::new() }, None),
    ] {
        let world = World::sent().await;
        assert_eq!(world.take("1", MORNING, what.clone()).await, Taken::New);
        assert_eq!(world.cause().await, cause, "{what:?}");
        world.until("2026-05-01T00:00:00Z").await;
        let emails = if cause.is_some() { 1 } else { 2 };
        assert_eq!(world.mailbox.accepted().len(), emails, "{what:?}");
    }
}

#[tokio::test]
async fn what_comes_twice_counts_once() {
    let world = World::sent().await;
    assert_eq!(world.take("1", MORNING, Happening::OptedOut).await, Taken::New);
    consent::opt_in(&world.store, &links(), &world.claim(0), at(NOON)).await.unwrap().unwrap();
    assert_eq!(world.take("1", MORNING, Happening::OptedOut).await, Taken::Known);
    assert_eq!(world.cause().await, None, "the second telling changes nothing");
}

#[tokio::test]
async fn of_opting_out_and_in_the_later_counts_in_whichever_order_it_comes() {
    let world = World::sent().await;
    world.take("in", NOON, Happening::OptedIn).await;
    world.take("out", MORNING, Happening::OptedOut).await;
    assert_eq!(world.cause().await, None, "they opted in after they opted out");
    let world = World::sent().await;
    world.take("out", NOON, Happening::OptedOut).await;
    world.take("in", MORNING, Happening::OptedIn).await;
    assert_eq!(world.cause().await, Some(SuppressionCause::OptOut), "they opted out after they opted in");
}

#[tokio::test]
async fn an_opt_in_between_two_opt_outs_that_is_told_last_lifts_nothing() {
    for moved in [false, true] {
        let world = World::sent().await;
        let address = world.email().await.recipient;
        if moved {
            // The first is only carried over to the address at which the second is decided.
            let (old, user) = ("kim@old.example".parse().unwrap(), UserId::new("agent").unwrap());
            let carried = Suppression {
                user_id: user,
                address: address.clone(),
                cause: SuppressionCause::OptOut,
                since: at("2026-03-13T08:00:00Z"),
                carried_from: Some(old),
            };
            world.store.suppress(carried, Actor::Recipient).await.unwrap();
        } else {
            world.take("out", "2026-03-13T08:00:00Z", Happening::OptedOut).await;
        }
        world.take("out-again", NOON, Happening::OptedOut).await;
        world.take("in", MORNING, Happening::OptedIn).await;
        assert_eq!(world.cause().await, Some(SuppressionCause::OptOut), "carried over: {moved}");
        let told = world.store.audit().iter().filter(|(_, entry)| entry.what == "suppressed").count();
        assert_eq!(told, 1, "that it was said again is no news");
        world.clock.set(at("2026-03-13T12:00:01Z"));
        world.take("in-again", "2026-03-13T12:00:01Z", Happening::OptedIn).await;
        assert_eq!(world.cause().await, None, "until they want it after the last time");
    }
}

#[tokio::test]
async fn opting_in_by_a_provider_takes_back_neither_a_complaint_nor_a_bounce() {
    for (what, cause) in [
        (Happening::Complained, SuppressionCause::Complaint),
        (bounced(BounceKind::NoMailbox), SuppressionCause::HardBounce),
    ] {
        let world = World::sent().await;
        world.take("1", MORNING, what).await;
        world.take("2", NOON, Happening::OptedIn).await;
        assert_eq!(world.cause().await, Some(cause));
    }
}

#[tokio::test]
async fn what_is_about_no_email_of_ours_changes_nothing() {
    let world = World::sent().await;
    let mut piece = World::piece("1", MORNING, Happening::Complained);
    piece.email_id = EmailId::new("elsewhere-1.1").unwrap();
    assert_eq!(take(&world.store, &world.bench, piece).await.unwrap(), Taken::Stranger);
    assert_eq!(world.cause().await, None);
}

#[tokio::test]
async fn who_wants_no_more_gets_none_at_the_address_that_they_have_since_either() {
    for (what, stays) in [
        (Happening::OptedOut, true),
        (Happening::Complained, true),
        // The old mailbox is gone, and the new one is not.
        (bounced(BounceKind::NoMailbox), false),
    ] {
        let world = World::sent().await;
        let email = world.email().await;
        let known = world.store.contacts(&email.user_id, None, 1).await.unwrap().remove(0);
        let moved = Contact { email: "kim@new.example".parse().unwrap(), ..known.clone() };
        let audit = AuditEntry::of("contact_changed", Actor::Operator, at(NOON), None);
        let replaced = ContactStore::replace(&world.store, &known, moved.clone(), audit).await.unwrap();
        assert_eq!(replaced, ContactReplacement::Replaced);
        world.take("1", MORNING, what.clone()).await;
        assert!(world.cause().await.is_some(), "{what:?}");
        let new = world.store.suppression(&email.user_id, &moved.email).await.unwrap();
        assert_eq!(new.map(|new| new.cause), world.cause().await.filter(|_| stays), "{what:?}");
        world.until("2026-05-01T00:00:00Z").await;
        assert_eq!(world.mailbox.accepted().len(), if stays { 1 } else { 2 }, "{what:?}");
        if what == Happening::OptedOut {
            world.take("2", "2026-05-01T00:00:00Z", Happening::OptedIn).await;
            assert_eq!(
                world.store.suppressions(&email.user_id, None, None, 10).await.unwrap(),
                [],
                "both are lifted"
            );
        }
    }
}

#[tokio::test]
async fn an_address_that_a_provider_refuses_is_refused_for_everybody() {
    let world = World::sent().await;
    let refusal = Refusal {
        address: world.email().await.recipient,
        cause: SuppressionCause::OptOut,
        since: at(MORNING),
    };
    let refused = refuse(&world.store, &refusal).await.unwrap();
    assert_eq!(refused, Refused { contacts: 1, new: 1, let_in: 0 });
    let again = refuse(&world.store, &refusal).await.unwrap();
    assert_eq!(again, Refused { contacts: 1, new: 0, let_in: 0 });
    let known = world.suppression().await.unwrap();
    assert_eq!((known.cause, known.since), (SuppressionCause::OptOut, at(MORNING)));
    let nobody = Refusal { address: "nobody@home.example".parse().unwrap(), ..refusal };
    assert_eq!(refuse(&world.store, &nobody).await.unwrap(), Refused::default());
}

/// A provider's list; one without addresses cannot be read.
struct List(Vec<ListedSuppression>);

#[async_trait::async_trait]
impl SuppressionList for List {
    async fn suppressed(&self) -> PortResult<Vec<ListedSuppression>> {
        if self.0.is_empty() {
            return Err(PortError::new(Fault::Unavailable, "the provider is down"));
        }
        Ok(self.0.clone())
    }
}

fn listed(address: &str, cause: SuppressionCause, since: Option<&str>) -> ListedSuppression {
    ListedSuppression { address: address.parse().unwrap(), cause, since: since.map(at) }
}

#[tokio::test]
async fn a_provider_s_list_is_taken_over_and_twice_changes_nothing() {
    let (store, clock) = (MemoryStore::new(), ManualClock::at(at(START)));
    samples::fill(&store, 5, "98103", 12, at(START)).await.unwrap();
    let user = UserId::new("agent").unwrap();
    let contacts = store.contacts(&user, None, 10).await.unwrap();
    let address = |n: usize| contacts[n].email.as_str();
    let loud = address(1).to_uppercase();
    let mut entries = vec![
        listed(address(0), SuppressionCause::HardBounce, Some("2019-12-17T13:58:33Z")),
        listed(&loud, SuppressionCause::Complaint, None),
        listed(address(2), SuppressionCause::OptOut, Some("2030-01-01T00:00:00Z")),
    ];
    let strangers = (0..1_200).map(|n| format!("stranger{n}@home.example"));
    entries.extend(strangers.map(|address| listed(&address, SuppressionCause::OptOut, Some(START))));
    entries.push(listed(address(3), SuppressionCause::OptOut, Some(START)));
    let list = List(entries);
    let new = |new| TakenOver { listed: 1_204, refused: Refused { contacts: 4, new, let_in: 0 } };
    assert_eq!(foresee(&store, &list, clock.now()).await.unwrap(), new(4));
    assert_eq!(store.suppressions(&user, None, None, 10).await.unwrap(), [], "nothing was done yet");
    assert_eq!(take_over(&store, &list, clock.now()).await.unwrap(), new(4));
    let known: Vec<_> = store
        .suppressed_among(&user, &contacts.iter().map(|contact| contact.email.clone()).collect::<Vec<_>>())
        .await
        .unwrap()
        .into_iter()
        .map(|known| known.map(|known| (known.cause, known.since)))
        .collect();
    let wanted = [
        Some((SuppressionCause::HardBounce, at("2019-12-17T13:58:33Z"))),
        Some((SuppressionCause::Complaint, at(START))),
        Some((SuppressionCause::OptOut, at(START))),
        Some((SuppressionCause::OptOut, at(START))),
        None,
    ];
    assert_eq!(known, wanted);
    let history = store.audit().len();
    clock.set(at(SENT));
    assert_eq!(take_over(&store, &list, clock.now()).await.unwrap(), new(0));
    assert_eq!(foresee(&store, &list, clock.now()).await.unwrap(), new(0));
    assert_eq!(store.audit().len(), history);
    assert!(take_over(&store, &List(Vec::new()), clock.now()).await.is_err(), "a list that cannot be read");
}

#[tokio::test]
async fn who_was_let_in_again_is_not_put_out_by_what_is_older() {
    let by_agent = Actor::User(UserId::new("agent").unwrap());
    for (cause, actor, stays) in [
        (SuppressionCause::OptOut, Actor::Recipient, true),
        (SuppressionCause::OptOut, Actor::Provider, true),
        (SuppressionCause::Complaint, Actor::Recipient, true),
        (SuppressionCause::HardBounce, by_agent.clone(), true),
        (SuppressionCause::OptOut, by_agent.clone(), false),
        (SuppressionCause::Complaint, Actor::Operator, false),
    ] {
        let world = World::sent().await;
        let (user, address) = (UserId::new("agent").unwrap(), world.email().await.recipient);
        let before = Suppression {
            user_id: user.clone(),
            address: address.clone(),
            cause,
            since: at(SENT),
            carried_from: None,
        };
        world.store.suppress(before, Actor::Provider).await.unwrap();
        let lifted =
            world.store.lift(&user, &address, SuppressionCause::Complaint, actor.clone(), at(MORNING));
        assert!(lifted.await.unwrap());
        let older = List(vec![listed(address.as_str(), cause, Some(SENT))]);
        let taken = take_over(&world.store, &older, at(NOON)).await.unwrap();
        let let_in = usize::from(stays);
        assert_eq!(taken.refused, Refused { contacts: 1, new: 1 - let_in, let_in }, "{cause:?} {actor:?}");
        assert_eq!(world.cause().await, (!stays).then_some(cause), "{cause:?} {actor:?}");
        let later = List(vec![listed(address.as_str(), cause, Some(NOON))]);
        let taken = take_over(&world.store, &later, at(NOON)).await.unwrap();
        assert_eq!(taken.refused, Refused { contacts: 1, new: let_in, let_in: 0 }, "what is newer counts");
        assert_eq!(world.cause().await, Some(cause), "{cause:?} {actor:?}");
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_known_when_something_comes_back() {
    let world = World::new().await;
    world.mailbox.next(Mood::AcceptInSilence);
    world.mailbox.forget();
    world.until(SENT).await;
    assert_eq!(world.email().await.delivery_status, DeliveryStatus::Unknown);
    world.take("1", SENT, Happening::Delivered).await;
    assert_eq!(world.email().await.delivery_status, DeliveryStatus::Complete);
    let dossier = world.dripr.campaign(&CampaignId::new("agent-1").unwrap()).await.unwrap().unwrap();
    assert_eq!(dossier.campaign.status, CampaignStatus::Dormant);
    assert_eq!(dossier.campaign.last_sent_email_datetime, Some(at(SENT)));
}

#[tokio::test]
async fn a_held_email_is_sent_when_something_comes_back() {
    let world = World::new().await;
    world.mailbox.next(Mood::AcceptInSilence);
    world.mailbox.forget();
    world.until("2026-03-14T12:00:00Z").await;
    assert_eq!(world.email().await.delivery_status, DeliveryStatus::Held);
    world.take("1", SENT, bounced(BounceKind::FullMailbox)).await;
    assert_eq!(world.email().await.delivery_status, DeliveryStatus::Complete);
    let rows = world.store.audit();
    assert!(rows.iter().any(|(_, row)| row.what == "marked_sent" && row.email_id == Some(World::email_id())));
}

#[tokio::test]
async fn an_email_that_counts_as_not_sent_is_not_sent_again_when_something_comes_back_of_it() {
    let world = World::new().await;
    let not_sent = dripr_core::ports::SendOutcome::NotSent { reason: "busy".to_owned(), not_before: None };
    world.mailbox.next(Mood::Answer(not_sent));
    world.until(SENT).await;
    assert_eq!(world.email().await.delivery_status, DeliveryStatus::Approved);
    world.take("1", SENT, Happening::Delivered).await;
    assert_eq!(world.email().await.delivery_status, DeliveryStatus::Complete);
    world.until("2026-03-20T00:00:00Z").await;
    assert_eq!(
        world.mailbox.accepted().len(),
        0,
        "the mailbox of this test took none, and none was offered again"
    );
    assert_eq!(world.mailbox.calls(), 1);
}

#[tokio::test]
async fn what_never_left_cannot_come_back() {
    let world = World::new().await;
    world.until("2026-03-12T12:00:00Z").await;
    assert_eq!(world.email().await.delivery_status, DeliveryStatus::Approved);
    world.take("1", NOON, Happening::Delivered).await;
    assert_eq!(world.email().await.delivery_status, DeliveryStatus::Approved);
    world.until("2026-03-13T12:00:00Z").await;
    assert_eq!(world.mailbox.accepted().len(), 1);
}

#[tokio::test]
async fn a_recipient_opts_out_and_in_by_their_link() {
    let world = World::sent().await;
    let (links, claim) = (links(), world.claim(0));
    let other = OptOutClaim { user_id: UserId::new("other").unwrap(), ..claim.clone() };
    let of_other = consent::opt_out(&world.store, &links, &other, at(NOON)).await.unwrap();
    assert_eq!(of_other, None, "of another agent");
    let out = consent::opt_out(&world.store, &links, &claim, at(NOON)).await.unwrap().unwrap();
    assert_eq!(
        out.suppression.map(|known| (known.cause, known.since)),
        Some((SuppressionCause::OptOut, at(NOON)))
    );
    let again = at("2026-03-14T00:00:00Z");
    consent::opt_out(&world.store, &links, &claim, again).await.unwrap();
    assert_eq!(world.suppression().await.unwrap().since, again, "twice is once, since the last time");
    let back = consent::opt_in(&world.store, &links, &claim, again).await.unwrap().unwrap();
    assert_eq!((back.suppression, back.may_opt_in, back.has_moved), (None, true, false));
    world.until("2026-05-01T00:00:00Z").await;
    assert_eq!(world.mailbox.accepted().len(), 2);
    // A bounce is nothing that a recipient decides.
    world.take("1", MORNING, bounced(BounceKind::NoMailbox)).await;
    let still = consent::opt_in(&world.store, &links, &claim, at(NOON)).await.unwrap().unwrap();
    assert_eq!(still.suppression.map(|known| known.cause), Some(SuppressionCause::HardBounce));
}

#[tokio::test]
async fn what_a_recipient_decides_lifts_no_block_and_outlasts_it() {
    let world = World::sent().await;
    let (links, claim) = (links(), world.claim(0));
    let address = world.email().await.recipient;
    let by = Actor::Operator;
    let block = Block { address: address.clone(), since: at(NOON), by: by.clone(), reason: None };
    assert!(world.store.block(block).await.unwrap());
    let asked = consent::recipient(&world.store, &links, &claim).await.unwrap().unwrap();
    assert_eq!((asked.suppression, asked.blocked), (None, true), "there is something to decide all the same");
    consent::opt_out(&world.store, &links, &claim, at(NOON)).await.unwrap();
    let back = consent::opt_in(&world.store, &links, &claim, at(NOON)).await.unwrap().unwrap();
    assert_eq!((back.suppression, back.blocked), (None, true), "the opt-out is lifted, the block is not");
    world.until("2026-05-01T00:00:00Z").await;
    assert_eq!(world.mailbox.accepted().len(), 1, "nothing is sent meanwhile");
    consent::opt_out(&world.store, &links, &claim, world.clock.now()).await.unwrap();
    assert!(world.store.unblock(&address, by, world.clock.now()).await.unwrap());
    world.until("2026-07-01T00:00:00Z").await;
    assert_eq!(world.mailbox.accepted().len(), 1, "nor after it, to who opted out");
    consent::opt_in(&world.store, &links, &claim, world.clock.now()).await.unwrap();
    world.until("2026-07-20T00:00:00Z").await;
    assert_eq!(world.mailbox.accepted().len(), 2);
}

/// One whose March report went to the first address and whose April report to the second, with both.
async fn moved() -> (World, EmailAddress, EmailAddress) {
    let world = World::sent().await;
    let (old, new) = (world.email().await.recipient, "kim@new.example".parse().unwrap());
    world.moves_to(&new).await;
    world.until("2026-04-13T12:00:00Z").await;
    let sent = world.mailbox.accepted();
    assert_eq!(sent.len(), 2);
    assert_eq!((&sent[0].message.to.address, &sent[1].message.to.address), (&old, &new));
    (world, old, new)
}

const OUT: Option<SuppressionCause> = Some(SuppressionCause::OptOut);

#[tokio::test]
async fn who_had_the_address_before_opts_out_at_both_and_takes_back_what_they_decided_alone() {
    let (world, old, new) = moved().await;
    let (links, now) = (links(), world.clock.now());
    let (first, second) = (world.claim(0), world.claim(1));
    let known = consent::recipient(&world.store, &links, &first).await.unwrap().unwrap();
    assert_eq!((&known.address, known.may_opt_in, known.has_moved), (&old, true, true));
    let out = consent::opt_out(&world.store, &links, &first, now).await.unwrap().unwrap();
    assert_eq!(out.address, old);
    assert_eq!((world.cause_at(&old).await, world.cause_at(&new).await), (OUT, OUT));
    let back = consent::opt_in(&world.store, &links, &first, now).await.unwrap().unwrap();
    assert_eq!(back.suppression, None);
    assert_eq!(
        (world.cause_at(&old).await, world.cause_at(&new).await),
        (None, None),
        "nobody decided anything at the present address"
    );
    consent::opt_out(&world.store, &links, &first, now).await.unwrap().unwrap();
    consent::opt_out(&world.store, &links, &second, now).await.unwrap().unwrap();
    consent::opt_in(&world.store, &links, &first, now).await.unwrap().unwrap();
    assert_eq!(
        (world.cause_at(&old).await, world.cause_at(&new).await),
        (None, OUT),
        "what was decided at the present address is for whoever reads there"
    );
    consent::opt_in(&world.store, &links, &second, now).await.unwrap().unwrap();
    assert_eq!(world.cause_at(&new).await, None);
    // Who reads at the present one lifts there what was carried over, and nothing elsewhere.
    consent::opt_out(&world.store, &links, &first, now).await.unwrap().unwrap();
    consent::opt_in(&world.store, &links, &second, now).await.unwrap().unwrap();
    assert_eq!((world.cause_at(&old).await, world.cause_at(&new).await), (OUT, None));
}

#[tokio::test]
async fn what_a_provider_tells_of_an_address_is_proof_for_that_alone() {
    let told = async |world: &World, id: &str, email: &str, time: &str, what: Happening| {
        let piece = Feedback { email_id: email.parse().unwrap(), ..World::piece(id, time, what) };
        assert_eq!(take(&world.store, &world.bench, piece).await.unwrap(), Taken::New, "{id}");
    };
    let (first, second) = ("agent-1.1", "agent-1.2");
    let (ten, eleven) = ("2026-04-13T10:00:00Z", "2026-04-13T11:00:00Z");
    // Whoever reads at the present address opted out there.
    let (world, old, new) = moved().await;
    told(&world, "1", second, ten, Happening::OptedOut).await;
    told(&world, "2", first, eleven, Happening::OptedIn).await;
    assert_eq!((world.cause_at(&old).await, world.cause_at(&new).await), (None, OUT));
    told(&world, "3", first, ten, Happening::OptedOut).await;
    assert_eq!(world.cause_at(&old).await, None, "they opted in after that");
    told(&world, "4", second, eleven, Happening::OptedIn).await;
    assert_eq!(world.cause_at(&new).await, None);
    // It was only carried over to the present one.
    let (world, old, new) = moved().await;
    told(&world, "1", first, ten, Happening::OptedOut).await;
    assert_eq!((world.cause_at(&old).await, world.cause_at(&new).await), (OUT, OUT));
    told(&world, "2", first, eleven, Happening::OptedIn).await;
    assert_eq!((world.cause_at(&old).await, world.cause_at(&new).await), (None, None));
    // Opting in at the one address outlives no opt-out at the other, and no opt-out is carried over to where they opted in since.
    let (world, old, new) = moved().await;
    told(&world, "1", second, eleven, Happening::OptedIn).await;
    told(&world, "2", first, ten, Happening::OptedOut).await;
    assert_eq!((world.cause_at(&old).await, world.cause_at(&new).await), (OUT, None));
}

#[tokio::test]
async fn who_is_written_to_elsewhere_by_now_is_not_out() {
    let (world, old, new) = moved().await;
    let (links, now, first) = (links(), world.clock.now(), world.claim(0));
    let known = async || consent::recipient(&world.store, &links, &first).await.unwrap().unwrap();
    world.take("1", MORNING, bounced(BounceKind::NoMailbox)).await;
    assert_eq!(world.cause_at(&old).await, Some(SuppressionCause::HardBounce));
    let returned = known().await;
    assert!(returned.suppression.is_some() && !returned.is_out_everywhere, "reports go to the present one");
    let out = consent::opt_out(&world.store, &links, &first, now).await.unwrap().unwrap();
    assert!(out.is_out_everywhere);
    assert_eq!((world.cause_at(&old).await, world.cause_at(&new).await), (OUT, OUT));
    // By a link of before links named the recipient, and back by the newest.
    consent::opt_out(&world.store, &links, &world.older_claim(0), now).await.unwrap().unwrap();
    let back = consent::opt_in(&world.store, &links, &world.claim(1), now).await.unwrap().unwrap();
    assert!(!back.is_out_everywhere);
    assert!(!known().await.is_out_everywhere, "what was decided at the old address does not hide the new");
}

#[tokio::test]
async fn who_had_the_address_before_cannot_lift_what_its_owner_decided() {
    let (world, old, new) = moved().await;
    let (links, now) = (links(), world.clock.now());
    consent::opt_out(&world.store, &links, &world.claim(1), now).await.unwrap().unwrap();
    assert_eq!((world.cause_at(&old).await, world.cause_at(&new).await), (None, OUT));
    for former in [world.claim(0), world.older_claim(0)] {
        consent::opt_in(&world.store, &links, &former, now).await.unwrap().unwrap();
        assert_eq!(world.cause_at(&new).await, OUT, "{former:?}");
    }
    world.until("2026-06-01T00:00:00Z").await;
    assert_eq!(world.mailbox.accepted().len(), 2);
}

#[tokio::test]
async fn an_older_link_opts_out_wherever_it_may_have_been_sent_and_in_where_that_is_certain() {
    let world = World::sent().await;
    let (links, now, old) = (links(), world.clock.now(), world.email().await.recipient);
    let claim = world.older_claim(0);
    consent::opt_out(&world.store, &links, &claim, now).await.unwrap().unwrap();
    assert_eq!(world.cause_at(&old).await, OUT);
    let back = consent::opt_in(&world.store, &links, &claim, now).await.unwrap().unwrap();
    assert_eq!((back.suppression, back.may_opt_in), (None, true), "all emails went to one address");

    let (world, old, new) = moved().await;
    let now = world.clock.now();
    let out = consent::opt_out(&world.store, &links, &claim, now).await.unwrap().unwrap();
    assert!(!out.may_opt_in && out.address == new);
    assert_eq!((world.cause_at(&old).await, world.cause_at(&new).await), (OUT, OUT));
    let still = consent::opt_in(&world.store, &links, &claim, now).await.unwrap().unwrap();
    assert!(still.suppression.is_some(), "nobody knows whose link it is");
    assert_eq!((world.cause_at(&old).await, world.cause_at(&new).await), (OUT, OUT));
}

#[tokio::test]
async fn a_link_works_when_its_campaign_is_removed_and_erased() {
    let world = World::sent().await;
    let (links, claim) = (links(), world.claim(0));
    let (id, email) = (CampaignId::new("agent-1").unwrap(), world.email().await);
    world.dripr.command(&id, Actor::Operator, Action::Delete).await.unwrap();
    let out = consent::opt_out(&world.store, &links, &claim, world.clock.now()).await.unwrap().unwrap();
    assert_eq!((out.suppression.map(|known| known.cause), out.may_opt_in), (OUT, true));
    consent::opt_in(&world.store, &links, &claim, world.clock.now()).await.unwrap().unwrap();
    assert_eq!(world.cause_at(&email.recipient).await, None);

    person::erase(&world.store, &[], &world.bench, &email.user_id, &email.recipient).await.unwrap();
    let before = world.store.suppressions(&email.user_id, None, None, 10).await.unwrap();
    assert_eq!(before.len(), 1, "the erasure keeps that they want no mail");
    for claim in [claim, world.older_claim(0)] {
        consent::opt_out(&world.store, &links, &claim, world.clock.now()).await.unwrap().unwrap();
        let back = consent::opt_in(&world.store, &links, &claim, world.clock.now()).await.unwrap().unwrap();
        assert!(!back.may_opt_in);
    }
    let after = world.store.suppressions(&email.user_id, None, None, 10).await.unwrap();
    assert_eq!(after, before, "nobody's address is added, and nothing is lifted");
}

#[tokio::test]
async fn an_approval_link_is_for_one_email_as_it_is_and_ends() {
    let world = World::sent().await;
    let email = world.email().await;
    let links = |key: &str| ApprovalLinks::new("https://mail.example/", key.to_owned().into()).unwrap();
    let ours = links("sixteen letters!");
    let until = at(NOON);
    let link = ours.link(&email, until);
    let path = link.strip_prefix("https://mail.example/a/").unwrap();
    assert_eq!(ApprovalLinks::email_id(path), Some(email.id.clone()));
    let just_before = until - TimeDelta::seconds(1);
    assert_eq!(ours.check(path, &email, just_before), Ok(()));
    assert_eq!(ours.check(path, &email, until), Err(UnusableApprovalLink::Expired));
    assert_eq!(
        links("another sixteen letters").check(path, &email, just_before),
        Err(UnusableApprovalLink::Forged)
    );
    let mut changed = email.clone();
    changed.content_hash = "0".repeat(64).parse().unwrap();
    assert_eq!(ours.check(path, &changed, just_before), Err(UnusableApprovalLink::Forged));
    let mut others = email.clone();
    others.user_id = UserId::new("other").unwrap();
    assert_eq!(ours.check(path, &others, just_before), Err(UnusableApprovalLink::Forged));
    let parts: Vec<&str> = path.split('/').collect();
    let later = (until.timestamp() + 1_000_000).to_string();
    for forged in [
        [parts[0], &later, parts[2]].join("/"),
        [parts[0], "", parts[2]].join("/"),
        [parts[0], parts[1], ""].join("/"),
        format!("{path}/"),
        format!("{path}0"),
        String::new(),
    ] {
        assert_eq!(ours.check(&forged, &email, just_before), Err(UnusableApprovalLink::Forged), "{forged}");
    }
}

#[tokio::test]
async fn engagement_counts_people_and_says_why() {
    let world = World::sent().await;
    let browser = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15";
    let opened = |user_agent: &str| Happening::Opened { user_agent: user_agent.to_owned() };
    let clicked = |link: &str| Happening::Clicked {
        link: format!("https://home.example/{link}"),
        user_agent: browser.to_owned(),
    };
    let engagement = async || {
        let filter = EmailFilter::default();
        let emails = world.store.emails(&filter, None, 10).await.unwrap();
        let with_time = |email: Email| {
            let at = email.attempt.as_ref()?.started_at;
            Some((email, at))
        };
        let sent: Vec<_> = emails.into_iter().filter_map(with_time).collect();
        let kept = world.store.feedback(&CampaignId::new("agent-1").unwrap()).await.unwrap();
        Engagement::of(&sent, &kept)
    };
    // Mail programs and filters that look at all mail.
    world.take("apple", "2026-03-12T15:10:00Z", opened("Mozilla/5.0")).await;
    world.take("filter", "2026-03-12T15:00:02Z", opened(browser)).await;
    for link in ["a", "b", "c"] {
        world.take(&format!("filter-{link}"), "2026-03-12T16:00:01Z", clicked(link)).await;
    }
    let quiet = engagement().await;
    assert_eq!((quiet.level, quiet.opened, quiet.clicked, quiet.by_programs), (Level::Quiet, 0, 0, 5));
    let because =
        "of 1 email 0 opened, 0 with a link followed; programs looked 5 times, which does not count";
    assert_eq!(quiet.because, because);
    world.take("open", "2026-03-12T18:00:00Z", opened(browser)).await;
    assert_eq!(engagement().await.level, Level::Reading);
    // Who follows the link to opt out reads what stands there, and nothing else.
    let own = world.mailbox.accepted()[0].message.opt_out_link.clone().unwrap();
    let encoded = own.strip_prefix("https://").unwrap().replace('/', "%2f");
    for (nr, link) in [own.clone(), format!("{own}?utm_source=x"), format!("https://t.example/{encoded}")]
        .into_iter()
        .enumerate()
    {
        let what = Happening::Clicked { link, user_agent: browser.to_owned() };
        world.take(&format!("own-{nr}"), &format!("2026-03-12T17:5{nr}:00Z"), what).await;
    }
    assert_eq!((engagement().await.level, engagement().await.clicked), (Level::Reading, 0));
    world.take("click", "2026-03-12T18:01:00Z", clicked("a")).await;
    let active = engagement().await;
    assert_eq!((active.level, active.opened, active.clicked), (Level::Active, 1, 1));
    assert_eq!(active.last_seen, Some(at("2026-03-12T18:01:00Z")));
}
