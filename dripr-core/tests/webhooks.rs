//! Outgoing webhooks: when a message is tried again, when an endpoint is switched off, and what is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use dripr_core::{
    access::{Caller, Reach},
    campaign::Actor,
    ids::{WebhookId, WebhookMessageId},
    ports::{WebhookSender, WebhookStore},
    schedule::Instant,
    testkit::{ManualClock, MemoryStore, SeededEntropy},
    webhooks::{
        Answer, BATCH, Courier, Delivery, Endpoint, KEPT_ATTEMPTS, KeptSecret, Kind, Kinds, Message,
        NewEndpoint, OffBecause, Outcome, PAUSES, Report, Standing, Trouble, check_url,
    },
};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn start() -> Instant {
    at("2026-03-12T15:00:00Z")
}

fn endpoint(id: &str) -> Endpoint {
    let new = NewEndpoint {
        id: id.parse().unwrap(),
        reach: Reach::Deployment,
        description: String::new(),
        url: "https://crm.example/hooks?token=s3cret".to_owned(),
        kinds: Kind::ALL.into_iter().collect(),
        secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
    };
    Endpoint::new(new, &Caller::operator(), start())
}

fn message(id: &str) -> Message {
    Message::test(id.parse().unwrap(), start())
}

fn report(
    delivery: &Delivery,
    at: Instant,
    outcome: Outcome,
    retry_after: Option<u64>,
    fraction: f64,
) -> Report {
    let retry_after = retry_after.map(Duration::from_secs);
    let answer = Answer { outcome, retry_after };
    let (message_id, attempted) = (delivery.message_id.clone(), delivery.attempted);
    Report { message_id, attempted, at, took_ms: 3, answer, fraction }
}

const DOWN: Outcome = Outcome::Answered(500);

#[test]
fn a_message_is_tried_ten_times_over_three_days_and_then_given_up() {
    let mut delivery = Delivery::new(WebhookId::new("crm").unwrap(), &message("msg_1"));
    let mut pauses = Vec::new();
    while let Some(due) = delivery.due_at {
        let before = delivery.due_at.unwrap();
        assert!(delivery.record(&report(&delivery, due, DOWN, None, 0.0)));
        pauses.extend(delivery.due_at.map(|due| (due - before).num_seconds()));
    }
    let hour = 3600;
    assert_eq!(
        pauses,
        [5, 300, 1800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour],
        "as Standard Webhooks has it"
    );
    assert_eq!((delivery.standing, delivery.attempted), (Standing::Failed, 10));
    assert_eq!(PAUSES.len(), 10);
    assert_eq!(PAUSES[0], Duration::ZERO);
    let attempts = &delivery.attempts;
    assert_eq!(attempts.len(), 10);
    assert!(attempts.iter().zip(&attempts[1..]).all(|(one, next)| one.next_at == Some(next.at)));
    assert_eq!(attempts[9].next_at, None);
}

#[test]
fn a_pause_is_spread_and_never_shorter_than_what_was_asked_for() {
    let fresh = || Delivery::new(WebhookId::new("crm").unwrap(), &message("msg_1"));
    let next = |retry_after, fraction| {
        let mut delivery = fresh();
        delivery.record(&report(&delivery, start(), DOWN, None, 0.0));
        delivery.record(&report(&delivery, start(), DOWN, retry_after, fraction));
        (delivery.due_at.unwrap() - start()).num_seconds()
    };
    assert_eq!(next(None, 0.0), 300);
    assert_eq!(next(None, 0.5), 315);
    assert_eq!(next(None, 1.0), 330);
    assert_eq!(next(None, f64::NAN), 300, "whatever chance says");
    assert_eq!(next(Some(10), 0.0), 300, "a shorter wish changes nothing");
    assert_eq!(next(Some(900), 1.0), 900);
    // Giving up is giving up, whatever is wished.
    let mut delivery = fresh();
    for _ in 0..10 {
        delivery.record(&report(&delivery, start(), DOWN, Some(900), 0.0));
    }
    assert_eq!((delivery.standing, delivery.due_at), (Standing::Failed, None));
}

#[test]
fn what_is_taken_or_gone_is_not_tried_again_until_somebody_asks() {
    for (outcome, standing) in [
        (Outcome::Answered(200), Standing::Delivered),
        (Outcome::Answered(299), Standing::Delivered),
        (Outcome::Answered(410), Standing::Failed),
        (Outcome::Answered(300), Standing::Waiting),
        (Outcome::Answered(199), Standing::Waiting),
        (Outcome::Answered(404), Standing::Waiting),
        (Outcome::Failed(Trouble::PrivateAddress), Standing::Waiting),
    ] {
        let mut delivery = Delivery::new(WebhookId::new("crm").unwrap(), &message("msg_1"));
        delivery.record(&report(&delivery, start(), outcome, None, 0.0));
        assert_eq!(delivery.standing, standing, "{outcome}");
        assert_eq!(delivery.due_at.is_some(), standing == Standing::Waiting);
        let soon = at("2026-03-12T15:00:01Z");
        assert!(delivery.replay(soon), "what waits is hurried");
        assert_eq!((delivery.standing, delivery.due_at), (Standing::Waiting, Some(soon)));
        assert_eq!(delivery.tries, u32::from(standing == Standing::Waiting), "and goes on from there");
        assert!(!delivery.replay(at("2026-03-20T00:00:00Z")), "what is due is due");
    }
    let mut delivery = Delivery::new(WebhookId::new("crm").unwrap(), &message("msg_1"));
    for n in 0..50 {
        assert_eq!(delivery.attempted, n);
        delivery.record(&report(&delivery, start(), DOWN, None, 0.0));
        delivery.replay(start());
    }
    assert_eq!(delivery.attempts.len(), KEPT_ATTEMPTS);
    let stale = Report { attempted: 3, ..report(&delivery, start(), Outcome::Answered(200), None, 0.0) };
    let before = delivery.clone();
    assert!(!delivery.record(&stale));
    assert_eq!(delivery, before, "what somebody else stored meanwhile stays");
}

#[test]
fn an_endpoint_is_switched_off_when_it_is_gone_or_nothing_reaches_it_for_five_days() {
    let mut gone = endpoint("crm");
    assert!(gone.hear(Outcome::Answered(410), start()));
    assert_eq!(gone.off.as_ref().map(|off| off.because), Some(OffBecause::Gone));

    let mut failing = endpoint("crm");
    let fail_daily = |failing: &mut Endpoint| {
        for day in 12..17 {
            failing.hear(DOWN, at(&format!("2026-03-{day}T15:00:00Z")));
            assert!(failing.off.is_none());
        }
    };
    fail_daily(&mut failing);
    failing.hear(DOWN, at("2026-03-17T14:59:59Z"));
    assert!(failing.off.is_none(), "not yet");
    assert!(!failing.hear(DOWN, at("2026-03-17T14:59:59.1Z")), "not each try is noted");
    assert!(failing.hear(Outcome::Answered(204), at("2026-03-17T14:59:59.5Z")), "one success counts");
    assert_eq!(failing.failing_since, None);
    assert!(!failing.hear(Outcome::Answered(204), at("2026-03-17T15:00:00Z")));
    fail_daily(&mut failing);
    assert!(failing.hear(Outcome::Failed(Trouble::TimedOut), at("2026-03-17T15:00:00Z")));
    let off = failing.off.clone().unwrap();
    assert_eq!((off.because, off.since), (OffBecause::Failing, at("2026-03-17T15:00:00Z")));
    assert!(!failing.hear(Outcome::Answered(410), at("2026-03-18T00:00:00Z")), "the first reason stays");
    failing.switch(true, at("2026-03-18T00:00:00Z"));
    assert!(!failing.hear(DOWN, at("2026-03-18T00:00:00Z")) || failing.off.is_none(), "it begins anew");

    let mut quiet = endpoint("crm");
    quiet.hear(DOWN, start());
    quiet.hear(DOWN, at("2026-04-12T15:00:00Z"));
    assert!(quiet.off.is_none(), "weeks in which nothing was tried say nothing");
    assert_eq!(quiet.failing_since, Some(at("2026-04-12T15:00:00Z")));
    quiet.redirect("https://other.example".to_owned());
    assert_eq!(quiet.failing_since, None, "nothing is known of another address");
}

#[test]
fn a_secret_signs_for_a_day_after_it_was_exchanged() {
    let mut endpoint = endpoint("crm");
    let (first, mark) = (endpoint.secret.clone(), endpoint.choices_mark());
    let second = KeptSecret::Sealed(vec![2]);
    endpoint.rotate(second.clone(), start());
    assert_ne!(endpoint.choices_mark(), mark);
    let signing = |now: &str| endpoint.signing(at(now)).cloned().collect::<Vec<_>>();
    assert_eq!(signing("2026-03-13T14:59:59Z"), [second.clone(), first]);
    assert_eq!(signing("2026-03-13T15:00:00Z"), [second]);
    let shown = format!("{endpoint:?}");
    assert!(
        !shown.contains("whsec") && !shown.contains("s3cret") && !shown.contains("crm.example"),
        "{shown}"
    );
    let mut failing = endpoint.clone();
    failing.hear(DOWN, start());
    assert_eq!(failing.choices_mark(), endpoint.choices_mark(), "what nobody chose");
}

#[test]
fn an_address_is_one_that_is_asked_over_tls() {
    for good in ["https://crm.example", "https://crm.example:8443/a/b?c=d", "https://[2606:4700::1111]/"] {
        assert_eq!(check_url(good, false), Ok(()), "{good}");
    }
    assert_eq!(check_url("http://127.0.0.1:1/", true), Ok(()));
    for bad in [
        "",
        "crm.example",
        "http://crm.example",
        "ftp://crm.example",
        "https://",
        "https:///a",
        "https://a b",
        "https://a\nb",
        "https://user:pw@crm.example",
        "https://crm.example#a",
        "https://crm.example\\@evil.example",
        &format!("https://crm.example/{}", "a".repeat(2_000)),
    ] {
        assert!(check_url(bad, false).is_err(), "{bad}");
    }
}

#[test]
fn kinds_are_found_by_their_names() {
    for kind in Kind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    assert!("email.nothing".parse::<Kind>().is_err());
    assert_eq!(Kinds::from_bits(u32::MAX).iter().count(), Kind::ALL.len());
}

#[test]
fn what_was_chosen_stays_chosen_whatever_kinds_come() {
    // As every store keeps them.
    let places = [
        "email.ready",
        "email.sent",
        "email.held",
        "email.dropped",
        "email.delivered",
        "email.bounced",
        "email.complained",
        "email.opened",
        "email.clicked",
        "contact.opted_out",
        "campaign.needs_attention",
        "campaign.status",
        "webhook.test",
        "contact.opted_in",
        "contact.changed",
        "contact.removed",
        "campaign.created",
        "campaign.removed",
        "import.done",
        "mailbox.lost",
    ];
    assert_eq!(places.len(), Kind::ALL.len() + 1, "a new one has the next place");
    for (place, name) in places.iter().enumerate() {
        let kinds = Kinds::from_iter([name.parse::<Kind>().unwrap()]);
        assert_eq!(kinds.bits(), 1_u32 << place, "{name}");
    }
    let before: u32 = (1 << 12) - 1;
    assert!(!Kinds::from_bits(before).has(Kind::ContactOptedIn), "nobody is told what they did not choose");
    assert!(Kinds::from_bits(1 << 12).is_empty(), "a trial is nothing that is chosen");
}

#[test]
fn what_is_erased_leaves_ids() {
    let mut message = message("msg_1");
    message.address_key = Some("kim@home.example".to_owned());
    message.data = serde_json::json!({
        "email_id": "c.1", "recipient": "kim@home.example", "because": "mail to kim", "link": "https://x", "final": true,
    });
    let erased = message.erased();
    assert_eq!(erased.address_key, None);
    let left = serde_json::json!({
        "email_id": "c.1", "recipient": null, "because": null, "link": null, "final": true, "erased": true,
    });
    assert_eq!(erased.data, left);
    assert!(!format!("{erased:?}").contains("kim"));
}

/// A sender that takes everything, and remembers how many came at once.
#[derive(Default)]
struct Taking {
    taken: Mutex<Vec<WebhookMessageId>>,
}

#[async_trait]
impl WebhookSender for Taking {
    async fn send(&self, _: &Endpoint, message: &Message) -> Answer {
        self.taken.lock().unwrap().push(message.id.clone());
        Answer { outcome: Outcome::Answered(200), retry_after: None }
    }
}

#[tokio::test]
async fn a_turn_takes_a_few_and_leaves_the_rest_to_the_next() {
    let store = Arc::new(MemoryStore::new());
    let clock = Arc::new(ManualClock::at(start()));
    let sender = Arc::new(Taking::default());
    let entropy = Arc::new(SeededEntropy::new(1));
    let courier = Courier { store: store.clone(), sender: sender.clone(), clock: clock.clone(), entropy };
    for id in ["much", "little"] {
        let endpoint = endpoint(id);
        let deed = endpoint.deed("made", Actor::Operator, start(), None);
        assert!(store.put_webhook(endpoint, deed).await.unwrap());
    }
    let all = BATCH + 3;
    let tested = endpoint("much").deed("tested", Actor::Operator, start(), None);
    for n in 0..all {
        let message = message(&format!("msg_{n:03}"));
        store.put_message(&"much".parse().unwrap(), message.clone(), tested.clone()).await.unwrap();
        if n == 0 {
            store.put_message(&"little".parse().unwrap(), message, tested.clone()).await.unwrap();
        }
    }
    // Who took an endpoint in hand and died leaves it to others when that is over, who send under the same id.
    let mut lost = courier.claim(9).await.unwrap();
    assert_eq!(lost.len(), 2);
    assert_eq!(courier.claim(9).await.unwrap().len(), 0);
    drop(lost.drain(..));
    clock.set(at("2026-03-12T15:01:00Z"));
    let turns = courier.claim(9).await.unwrap();
    let mut sent = Vec::new();
    for turn in turns {
        sent.push(courier.serve(turn).await.unwrap().len());
    }
    sent.sort_unstable();
    assert_eq!(sent, [1, BATCH]);
    let rest = courier.claim(9).await.unwrap();
    assert_eq!(rest.iter().map(|turn| turn.endpoint.id.as_str()).collect::<Vec<_>>(), ["much"]);
    for turn in rest {
        assert_eq!(courier.serve(turn).await.unwrap().len(), 3);
    }
    assert!(courier.claim(9).await.unwrap().is_empty());
    assert_eq!(sender.taken.lock().unwrap().len(), all + 1);
}
