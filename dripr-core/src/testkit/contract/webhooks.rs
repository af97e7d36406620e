use std::time::Duration;

use super::{START, Stage, Store, at, webhook_changes::changes};
use crate::{
    access::{Caller, Deed, Reach},
    campaign::{Action, Actor, AuditEntry},
    email::{DeliveryStatus, Suppression, SuppressionCause},
    errors::PortResult,
    feedback::{Feedback, Happening},
    ids::{BrokerageId, FeedbackId, TeamId, UserId, WebhookId, WebhookMessageId},
    person::erase,
    ports::{FeedbackStore, ImportStore, MailAccountStore, PersonStore, SendOutcome, WebhookStore},
    schedule::Instant,
    webhooks::{
        Answer, Delivery, Endpoint, KeptSecret, Kind, Kinds, Message, NewEndpoint, OffBecause, Outcome,
        Report, Standing, Trouble,
    },
};

/// What every [`WebhookStore`] must do: endpoints come back as they were given, what happens is told to those who want it and
/// to nobody else, together with what happens, an endpoint is in one hand at a time, and what came of tries is kept.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn webhook_store<S>(store: &S)
where
    S: Store + WebhookStore + FeedbackStore + PersonStore + ImportStore + MailAccountStore + ?Sized,
{
    let stage = Stage::new(store, 2).await;
    endpoints(store).await;
    for id in ["a-everything", "b-nobodys", "c-sent"] {
        remove(store, id).await;
    }
    told(&stage).await;
    changes(&stage).await;
    turns(store).await;
    logs(store).await;
    persons(&stage).await;
    old(store).await;
}

pub(super) fn webhook(id: &str) -> WebhookId {
    WebhookId::new(id).expect("an id")
}

pub(super) fn endpoint(id: &str, reach: Reach, kinds: Kinds) -> Endpoint {
    let new = NewEndpoint {
        id: webhook(id),
        reach,
        description: "the \"CRM\" \u{1F514}".to_owned(),
        url: format!("https://crm.example/{id}?a=1"),
        kinds,
        secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
    };
    Endpoint::new(new, &Caller::operator(), at(START))
}

pub(super) fn all_kinds() -> Kinds {
    Kind::ALL.into_iter().collect()
}

/// Something that somebody did about an endpoint.
fn deed(id: &str, what: &str, at: Instant) -> Deed {
    let (actor, about, reach) = (Actor::Operator, id.to_owned(), Reach::Deployment);
    Deed { at, actor, what: what.to_owned(), about, reach, cause: None }
}

fn made(endpoint: &Endpoint) -> Deed {
    endpoint.deed("made", Actor::Operator, at(START), None)
}

pub(super) async fn put<S: WebhookStore + ?Sized>(store: &S, endpoint: Endpoint) {
    let deed = made(&endpoint);
    assert!(
        store.put_webhook(endpoint, deed).await.expect("storing an endpoint"),
        "a new endpoint is stored"
    );
}

pub(super) async fn remove<S: WebhookStore + ?Sized>(store: &S, id: &str) -> bool {
    done(store.remove_webhook(&webhook(id), deed(id, "removed", at(START))).await)
}

pub(super) fn done<T>(outcome: PortResult<T>) -> T {
    outcome.expect("the store does not fail")
}

/// A page has as many as were asked for while more follow, whoever has those in between.
async fn full_pages<S: WebhookStore + ?Sized>(store: &S) {
    let brokerage = |id: &str| BrokerageId::new(id).expect("an id");
    let south = Reach::Brokerage(brokerage("south"));
    let team = Reach::Team(brokerage("south"), TeamId::new("team").expect("an id"));
    let (other, everything) = (Reach::Brokerage(brokerage("southern")), Reach::Deployment);
    let made: Vec<(String, &Reach)> = (0..12_usize)
        .map(|nr| (format!("page-{nr:02}"), [&south, &other, &other, &team, &everything][nr % 5]))
        .collect();
    for (id, reach) in &made {
        put(store, endpoint(id, (*reach).clone(), Kinds::default())).await;
    }
    for (within, reached) in [(&south, vec![&south, &team]), (&team, vec![&team]), (&other, vec![&other])] {
        let wanted = made.iter().filter(|(_, reach)| reached.contains(reach)).map(|(id, _)| id.as_str());
        let wanted: Vec<&str> = wanted.collect();
        for limit in 1..=wanted.len() + 1 {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = done(store.webhooks(within, after, limit).await);
                after = page.last().map(|endpoint| endpoint.id.clone());
                found.extend(page.iter().map(|endpoint| endpoint.id.to_string()));
                let is_full = page.len() == limit;
                assert!(is_full || found == wanted, "a short page is the last: {found:?} of {limit}");
                if !is_full {
                    break;
                }
            }
            assert_eq!(found, wanted, "pages of {limit} have all within {within:?}");
        }
    }
    for (id, _) in &made {
        assert!(remove(store, id).await, "{id} is removed");
    }
}

async fn endpoints<S: WebhookStore + ?Sized>(store: &S) {
    let north = Reach::Brokerage(BrokerageId::new("north").expect("an id"));
    let mut first = endpoint("a-everything", Reach::Deployment, all_kinds());
    let second = endpoint("b-nobodys", north.clone(), Kinds::default());
    let third = endpoint("c-sent", north.clone(), Kinds::from_iter([Kind::EmailSent]));
    assert_eq!(done(store.webhook(&first.id).await), None, "an endpoint that was never stored is not there");
    for new in [&first, &second, &third] {
        put(store, new.clone()).await;
    }
    assert!(!done(store.put_webhook(first.clone(), made(&first)).await), "once");
    assert_eq!(done(store.count_webhooks(&north).await), 2, "those of a reach are counted");
    first.version = 1;
    assert_eq!(done(store.webhook(&first.id).await).as_ref(), Some(&first), "it comes back as it was given");
    first.rotate(KeptSecret::Sealed(vec![1, 2, 255]), at("2026-03-01T12:00:00.000001Z"));
    first.switch(false, at(START));
    assert!(done(store.put_webhook(first.clone(), made(&first)).await), "a change is stored");
    assert!(!done(store.put_webhook(first.clone(), made(&first)).await), "not by who saw an older one");
    first.version = 2;
    assert_eq!(done(store.webhook(&first.id).await), Some(first.clone()), "changed");
    let list = async |within: &Reach, after: Option<&str>, limit| -> Vec<String> {
        let listed = done(store.webhooks(within, after.map(webhook), limit).await);
        listed.into_iter().map(|endpoint| endpoint.id.to_string()).collect()
    };
    assert_eq!(
        list(&Reach::Deployment, None, 10).await,
        ["a-everything", "b-nobodys", "c-sent"],
        "all, by id"
    );
    assert_eq!(list(&Reach::Deployment, Some("a-everything"), 1).await, ["b-nobodys"], "a page at a time");
    assert_eq!(list(&north, None, 10).await, ["b-nobodys", "c-sent"], "within one reach");
    full_pages(store).await;
    assert!(remove(store, "a-everything").await, "an endpoint is removed");
    assert!(!remove(store, "a-everything").await, "once");
    assert_eq!(done(store.webhook(&first.id).await), None, "and gone");
    assert!(
        !done(
            store
                .put_message(
                    &first.id,
                    Message::test(message_id("msg_x"), at(START)),
                    deed("a-everything", "tested", at(START))
                )
                .await
        ),
        "who is not there gets nothing"
    );
    first.version = 0;
    put(store, first).await;
}

fn message_id(id: &str) -> WebhookMessageId {
    WebhookMessageId::new(id).expect("an id")
}

pub(super) async fn all<S: WebhookStore + ?Sized>(store: &S, id: &str) -> Vec<Delivery> {
    done(store.deliveries(&webhook(id), None, None, 1_000).await)
}

async fn kinds<S: WebhookStore + ?Sized>(store: &S, id: &str) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = all(store, id).await.into_iter().map(|delivery| delivery.kind).collect();
    kinds.sort_unstable();
    kinds
}

pub(super) async fn message<S: WebhookStore + ?Sized>(store: &S, id: &str, kind: Kind) -> Message {
    let deliveries = all(store, id).await;
    let delivery = deliveries.iter().find(|delivery| delivery.kind == kind);
    let delivery = delivery.unwrap_or_else(|| panic!("{kind} was told"));
    done(store.delivery(&webhook(id), &delivery.message_id).await).expect("what is listed is there").message
}

/// What happens is told, to those who want it.
async fn told<S: Store + WebhookStore + FeedbackStore + ?Sized>(stage: &Stage<'_, S>) {
    let store = stage.store;
    let agent = stage.new[0].campaign.user_id.clone();
    let stranger = Reach::Agent(UserId::new("another").expect("an id"));
    let mut off = endpoint("off", Reach::Deployment, all_kinds());
    off.switch(false, at(START));
    put(store, off).await;
    put(store, endpoint("sent", Reach::Agent(agent.clone()), Kinds::from_iter([Kind::EmailSent]))).await;
    put(store, endpoint("stranger", stranger, all_kinds())).await;
    assert_eq!(done(store.next_webhook_due().await), None, "nothing waits");
    put(store, endpoint("all", Reach::Agent(agent.clone()), all_kinds())).await;
    let of_crm = vec![(stage.new[0].contact.email.clone(), "crm 1".parse().expect("an external id"))];
    let given = AuditEntry::of("contact_changed", Actor::Operator, at(START), None);
    done(store.give_external_ids(&agent, of_crm, given).await);

    stage.did(0, Action::RequireApproval { check_before_sending: true }).await;
    stage.make_email(0).await;
    let email = stage.dossier(0).await.email.expect("an email was made");
    let ready = message(store, "all", Kind::EmailReady).await;
    assert_eq!(ready.data["email_id"], email.id.as_str(), "of the email");
    assert_eq!(ready.data["recipient"], email.recipient.as_str(), "to the recipient");
    assert_eq!(ready.data["content_hash"], email.content_hash.to_string(), "with what approves it");
    assert_eq!((ready.at, &ready.user_id), (stage.clock_now(), &Some(agent.clone())), "of the agent, then");

    // What is refused has not happened.
    let before = all(store, "all").await;
    let refused = stage.try_(0, Action::Claim { email_id: email.id.clone() }).await;
    assert!(refused.result.is_err(), "nothing leaves without approval");
    assert_eq!(all(store, "all").await, before, "what did not happen is not told");

    let (content_hash, of) = (email.content_hash, agent.clone());
    stage.did(0, Action::Approve { email_id: email.id.clone(), content_hash, of }).await;
    stage.clock.set(at("2026-03-12T15:00:00Z"));
    stage.did(0, Action::Tick).await;
    stage.did(0, Action::Claim { email_id: email.id.clone() }).await;
    let attempt = stage.dossier(0).await.email.and_then(|email| email.attempt).expect("it was claimed");
    let outcome = SendOutcome::Accepted { provider_message_id: None };
    let record = Action::Record { attempt_id: attempt.id, fence: attempt.fence, outcome };
    stage.did(0, record.clone()).await;
    assert!(stage.try_(0, record).await.result.is_err(), "an outcome is stored once");
    assert_eq!(kinds(store, "sent").await, [Kind::EmailSent], "what is wanted, once");
    let sent = message(store, "sent", Kind::EmailSent).await;
    assert_eq!(sent, message(store, "all", Kind::EmailSent).await, "everybody is told the same");
    let statuses = kinds(store, "all").await.iter().filter(|kind| **kind == Kind::CampaignStatus).count();
    assert!(statuses >= 4, "each status is told");

    let opened = Feedback {
        id: FeedbackId::new("f-open").expect("an id"),
        email_id: email.id.clone(),
        recipient: None,
        at: at("2026-03-12T16:00:00.25Z"),
        what: Happening::Opened { user_agent: "Mozilla/5.0 (X11) Gecko Firefox/140.0".to_owned() },
    };
    assert!(done(store.keep_feedback(opened.clone()).await), "what came back is kept");
    assert!(!done(store.keep_feedback(opened).await), "once");
    let opened = message(store, "all", Kind::EmailOpened).await;
    assert_eq!(
        (&opened.data["by"], opened.at),
        (&"person".into(), at("2026-03-12T16:00:00.25Z")),
        "and told"
    );

    let address = stage.new[0].contact.email.clone();
    let (user_id, cause, since) = (agent, SuppressionCause::OptOut, at("2026-03-12T17:00:00Z"));
    let opt_out = Suppression { user_id, address: address.clone(), cause, since, carried_from: None };
    for _ in 0..2 {
        done(store.suppress(opt_out.clone(), Actor::Recipient).await);
    }
    let told = message(store, "all", Kind::ContactOptedOut).await;
    assert_eq!(told.data["address"], address.as_str(), "who opted out is told");
    assert_eq!(told.data["contact_id"], stage.new[0].contact.id.as_str(), "by their id too");
    for kind in
        [Kind::EmailReady, Kind::EmailSent, Kind::EmailOpened, Kind::CampaignStatus, Kind::ContactOptedOut]
    {
        let told = message(store, "all", kind).await;
        assert_eq!(told.data["external_id"], "crm 1", "{kind}: and by the one in the agent's CRM");
    }
    let outs = kinds(store, "all").await.iter().filter(|kind| **kind == Kind::ContactOptedOut).count();
    assert_eq!(outs, 1, "once");

    held(stage).await;
    for quiet in ["off", "stranger"] {
        assert_eq!(all(store, quiet).await, [], "{quiet} is told nothing");
        remove(store, quiet).await;
    }
}

/// An email that is held, and settled by somebody.
async fn held<S: Store + WebhookStore + ?Sized>(stage: &Stage<'_, S>) {
    let store = stage.store;
    stage.make_email(1).await;
    let email = stage.dossier(1).await.email.expect("an email was made").id;
    stage.clock.set(at("2026-03-12T18:00:00Z"));
    stage.did(1, Action::Tick).await;
    stage.did(1, Action::Claim { email_id: email.clone() }).await;
    let attempt = stage.dossier(1).await.email.and_then(|email| email.attempt).expect("it was claimed");
    let outcome = SendOutcome::Unknown { reason: "it broke off".to_owned() };
    stage.did(1, Action::Record { attempt_id: attempt.id.clone(), fence: attempt.fence, outcome }).await;
    stage.clock.set(at("2026-03-14T18:00:00Z"));
    let answer = crate::ports::LookUp::CannotTell;
    stage.did(1, Action::LookedUp { attempt_id: attempt.id, fence: attempt.fence, answer }).await;
    assert_eq!(message(store, "all", Kind::EmailHeld).await.data["email_id"], email.as_str(), "it is held");
    let entry =
        AuditEntry::of("marked_not_sent", Actor::Operator, stage.clock_now(), Some("asked".to_owned()));
    assert!(done(store.resolve_held(&email, DeliveryStatus::Skipped, entry.clone()).await), "it is settled");
    assert!(!done(store.resolve_held(&email, DeliveryStatus::Skipped, entry).await), "once");
    let dropped = message(store, "all", Kind::EmailDropped).await;
    assert_eq!(dropped.data["because"], "asked", "and that is told");
    assert_eq!(dropped.data["external_id"], serde_json::Value::Null, "of a contact that has no other id");
}

/// Endpoints are in one hand at a time, and what came of tries decides what follows.
async fn turns<S: WebhookStore + ?Sized>(store: &S) {
    let now = at("2026-04-01T12:00:00Z");
    let until = at("2026-04-01T12:01:00Z");
    for id in ["all", "sent"] {
        remove(store, id).await;
    }
    for (id, count) in [("one", 3), ("two", 1)] {
        put(store, endpoint(id, Reach::Deployment, Kinds::default())).await;
        for n in 1..=count {
            let message = Message::test(message_id(&format!("msg_{id}_{n}")), now + Duration::from_secs(n));
            let tested = deed(id, "tested", now);
            assert!(
                done(store.put_message(&webhook(id), message, tested).await),
                "a message is put before one"
            );
        }
    }
    let later = |seconds: u64| now + Duration::from_secs(seconds);
    assert_eq!(done(store.next_webhook_due().await), Some(later(1)), "the earliest is due first");
    assert_eq!(done(store.claim_webhooks(now, until, 9).await), [], "nothing is due yet");
    let claimed = async |now: Instant, until: Instant, limit| -> Vec<String> {
        let claimed = done(store.claim_webhooks(now, until, limit).await);
        claimed.into_iter().map(|endpoint| endpoint.id.to_string()).collect()
    };
    assert_eq!(claimed(later(5), until, 1).await, ["one"], "no more than wanted");
    assert_eq!(claimed(later(5), until, 9).await, ["two"], "and nobody else's");
    assert_eq!(claimed(later(5), until, 9).await, [""; 0], "each in one hand");
    assert_eq!(done(store.next_webhook_due().await), Some(until), "until that is over");
    let due = done(store.due_messages(&webhook("one"), later(2), 9).await);
    let ids: Vec<_> = due.iter().map(|due| due.message.id.as_str()).collect();
    assert_eq!(ids, ["msg_one_1", "msg_one_2"], "what is due, the oldest first");
    assert_eq!(done(store.due_messages(&webhook("one"), later(5), 1).await).len(), 1, "no more than wanted");
    let report = |id: &str, attempted, outcome| Report {
        message_id: message_id(id),
        attempted,
        at: later(6),
        took_ms: 7,
        answer: Answer { outcome, retry_after: None },
        fraction: 0.0,
    };
    let reports = vec![
        report("msg_one_1", 0, Outcome::Answered(204)),
        report("msg_one_2", 0, Outcome::Failed(Trouble::TimedOut)),
        report("msg_none", 0, Outcome::Answered(200)),
    ];
    done(store.end_turn(&webhook("one"), until, reports.clone(), later(7)).await);
    let stands = async |id: &str, message: &str| {
        let due = done(store.delivery(&webhook(id), &message_id(message)).await);
        due.expect("what was put is there").delivery
    };
    let first = stands("one", "msg_one_1").await;
    assert_eq!(
        (first.standing, first.due_at, first.attempted),
        (Standing::Delivered, None, 1),
        "it is there"
    );
    let second = stands("one", "msg_one_2").await;
    assert_eq!((second.standing, second.due_at), (Standing::Waiting, Some(later(11))), "it is tried again");
    assert_eq!(second.attempts.len(), 1, "the try is kept");
    assert_eq!(second.attempts[0].outcome, Outcome::Failed(Trouble::TimedOut), "with what came of it");
    let known = done(store.webhook(&webhook("one")).await).expect("it is there");
    assert_eq!(known.failing_since, None, "one success counts");
    // Told again by somebody whose turn was over.
    done(store.end_turn(&webhook("one"), until, reports, later(8)).await);
    assert_eq!(stands("one", "msg_one_2").await, second, "a try is stored once");

    // The hand that holds it now is not opened by another whose time was over.
    assert_eq!(claimed(later(11), later(71), 9).await, ["one"], "there is more for it");
    done(store.end_turn(&webhook("one"), until, Vec::new(), later(12)).await);
    assert_eq!(claimed(later(12), later(72), 9).await, [""; 0], "it is still in the hand");
    let gone = vec![report("msg_one_3", 0, Outcome::Answered(410))];
    let off = done(store.end_turn(&webhook("one"), later(71), gone.clone(), later(13)).await);
    assert_eq!(off, Some(OffBecause::Gone), "that it is switched off is told");
    assert_eq!(done(store.end_turn(&webhook("one"), later(71), gone, later(13)).await), None, "once");
    let counted: Vec<_> = done(store.webhooks_off().await);
    assert_eq!(counted, [(OffBecause::Gone, 1)], "and counted");
    assert_eq!(stands("one", "msg_one_3").await.standing, Standing::Failed, "what is gone gets nothing");
    let known = done(store.webhook(&webhook("one")).await).expect("it is there");
    assert_eq!(known.off.as_ref().map(|off| off.because), Some(OffBecause::Gone), "it is off");
    assert_eq!(claimed(later(100), later(160), 9).await, ["two"], "nobody takes it, and a dead hand opens");
    // Known to everybody, and changed from there.
    let mut known = known;
    known.switch(true, later(101));
    assert!(done(store.put_webhook(known.clone(), made(&known)).await), "it is switched on");
    assert_eq!(claimed(later(101), later(161), 9).await, ["one"], "what waits goes on");
    done(store.end_turn(&webhook("one"), later(161), Vec::new(), later(102)).await);
    done(store.end_turn(&webhook("two"), later(160), Vec::new(), later(103)).await);
    assert_eq!(claimed(later(104), later(164), 1).await, ["one"], "who waited longer comes first");
    assert_eq!(claimed(later(104), later(164), 1).await, ["two"], "and the other then");
    let year = 365 * 24 * 3600;
    let (then, earlier) = (later(year), now - Duration::from_secs(year));
    done(store.end_turn(&webhook("one"), later(164), Vec::new(), then).await);
    assert!(
        claimed(earlier, earlier + Duration::from_secs(60), 9).await.len() == 2,
        "what a wrong clock held, and made due far ahead, is there"
    );
}

/// What became of messages is found, and begun anew.
async fn logs<S: WebhookStore + ?Sized>(store: &S) {
    let (now, one) = (at("2026-04-01T13:00:00Z"), webhook("one"));
    let ids = async |standing: Option<Standing>, before: Option<(Instant, &str)>, limit| -> Vec<String> {
        let before = before.map(|(at, id)| (at, message_id(id)));
        let listed = done(store.deliveries(&one, standing, before, limit).await);
        listed.into_iter().map(|delivery| delivery.message_id.to_string()).collect()
    };
    assert_eq!(ids(None, None, 9).await, ["msg_one_3", "msg_one_2", "msg_one_1"], "the newest first");
    assert_eq!(ids(Some(Standing::Failed), None, 9).await, ["msg_one_3"], "by standing");
    assert_eq!(ids(None, Some((at("2026-04-01T12:00:03Z"), "msg_one_3")), 1).await, ["msg_one_2"], "pages");
    assert_eq!(done(store.waiting_messages().await), (2, Some(at("2026-04-01T12:00:01Z"))), "and counted");
    assert!(
        done(store.replay(&one, &message_id("msg_one_1"), deed("one", "replayed", now)).await),
        "what is there is sent again"
    );
    assert!(
        !done(store.replay(&one, &message_id("msg_two_1"), deed("one", "replayed", now)).await),
        "not what is another's"
    );
    let again = done(store.delivery(&one, &message_id("msg_one_1")).await).expect("it is there").delivery;
    assert_eq!((again.standing, again.due_at, again.tries), (Standing::Waiting, Some(now), 0), "anew");
    assert_eq!((again.attempted, again.attempts.len()), (1, 1), "and what was is not forgotten");
    assert_eq!(
        done(store.replay_failed(&one, at("2026-04-01T12:00:04Z"), deed("one", "replayed", now)).await),
        0,
        "none since"
    );
    assert_eq!(
        done(store.replay_failed(&one, at("2026-04-01T12:00:03Z"), deed("one", "replayed", now)).await),
        1,
        "what failed since"
    );
    assert_eq!(
        done(store.replay_failed(&one, at("2026-04-01T12:00:00Z"), deed("one", "replayed", now)).await),
        0,
        "once"
    );
    assert_eq!(ids(Some(Standing::Waiting), None, 9).await.len(), 3, "all wait");
}

/// What is told of a person is found, and taken out.
async fn persons<S: Store + WebhookStore + PersonStore + ?Sized>(stage: &Stage<'_, S>) {
    let store = stage.store;
    let (user, address) = (stage.new[0].campaign.user_id.clone(), stage.new[0].contact.email.clone());
    let person = done(store.person(&user, &address).await).expect("the person is known");
    assert!(person.messages.len() > 5, "what was told of a person is found: {}", person.messages.len());
    assert!(person.messages.is_sorted_by_key(|message| message.at), "the oldest first");
    put(store, endpoint("late", Reach::Deployment, all_kinds())).await;
    let opt_out = Suppression {
        user_id: user.clone(),
        address: address.clone(),
        cause: SuppressionCause::Complaint,
        since: at("2026-04-02T12:00:00Z"),
        carried_from: None,
    };
    done(store.suppress(opt_out, Actor::Recipient).await);
    let known = message(store, "late", Kind::ContactOptedOut).await;
    done(erase(store, &[], &stage.desk, &user, &address).await);
    let left = message(store, "late", Kind::ContactOptedOut).await;
    assert_eq!(left.id, known.id, "the message stays");
    assert_eq!(left.data["contact_id"], known.data["contact_id"], "with ids");
    assert_eq!(known.data["external_id"], "crm 1", "also that of a CRM");
    for personal in ["address", "external_id"] {
        assert_eq!(left.data[personal], serde_json::Value::Null, "without the person");
    }
    let left = done(store.person(&user, &address).await).expect("the opt-out is left");
    assert!(left.messages.is_empty(), "nothing is told of the person any more: {:?}", left.messages);
    let other = done(store.person(&user, &stage.new[1].contact.email).await).expect("another person");
    assert!(other.messages.len() > 3, "nobody else is taken out");
}

/// What is old is forgotten.
async fn old<S: WebhookStore + ?Sized>(store: &S) {
    let forgotten = done(store.forget_messages(at("2026-04-01T12:00:02Z")).await);
    assert!(forgotten > 5, "what was told before is forgotten");
    assert_eq!(all(store, "one").await.len(), 2, "and what was told later is not");
    assert_eq!(done(store.delivery(&webhook("one"), &message_id("msg_one_1")).await), None, "it is gone");
    assert_eq!(done(store.forget_messages(at("2026-04-01T12:00:02Z")).await), 0, "once");
}
