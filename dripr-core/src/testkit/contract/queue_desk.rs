use std::{collections::BTreeSet, time::Duration};

use super::{START, at};
use crate::{
    campaign::CampaignStatus,
    events::{Event, Queue, StatusChanged},
    ids::{CampaignId, EventId},
    ports::{DeadLetter, Delivery, EventBus, EventQueue, QueueDesk, Which},
    schedule::Instant,
};

const QUEUE: Queue = Queue::EmailSending;
const VISIBILITY: Duration = Duration::from_secs(30);
/// So many are published.
const MANY: u64 = 25;
/// How often the suite looks for what must come before it gives up.
const LOOKS: usize = 20;

/// What every [`QueueDesk`] must do: show what there is, and deliver again or throw away what was parked and nothing else.
///
/// `bus`, `queue` and `desk` are the same queues. They are empty, and nobody else works on them.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn queue_desk<B, Q, D>(bus: &B, queue: &Q, desk: &D)
where
    B: EventBus + ?Sized,
    Q: EventQueue + ?Sized,
    D: QueueDesk + ?Sized,
{
    let now = at(START);
    let empty = desk.standing(QUEUE, now).await.expect("a standing");
    assert_eq!((empty.waiting, empty.hidden, empty.dead), (0, 0, 0), "an empty queue is shown as empty");
    assert_eq!(empty.waiting_since, None, "where nothing waits, nothing waits since some time");
    assert!(letters(desk, 10).await.is_empty(), "where nothing was parked nothing is listed");
    for answer in bus.publish(&(0..MANY).map(event).collect::<Vec<_>>()).await {
        answer.expect("publishing");
    }
    let standing = desk.standing(QUEUE, now).await.expect("a standing");
    assert_eq!((standing.waiting, standing.hidden, standing.dead), (MANY, 0, 0), "what waits is counted");

    let all = receive(queue, MANY as usize, now).await;
    let standing = desk.standing(QUEUE, now).await.expect("a standing");
    assert_eq!((standing.waiting, standing.hidden), (0, MANY), "what is being worked on does not wait");
    let mut settlements = Vec::new();
    for delivery in all {
        let number = number(&delivery);
        settlements.push(if number < 5 { delivery.done() } else { delivery.park(cause(number)) });
    }
    queue.settle(settlements, now).await.expect("settling");
    let standing = desk.standing(QUEUE, now).await.expect("a standing");
    assert_eq!(
        (standing.waiting, standing.hidden, standing.dead),
        (0, 0, MANY - 5),
        "what was parked is counted"
    );
    shows_what_was_parked(desk, now).await;
    acts_on_what_it_is_told(queue, desk, now).await;
}

async fn shows_what_was_parked<D: QueueDesk + ?Sized>(desk: &D, now: Instant) {
    for _ in 0..2 {
        let all = letters(desk, 100).await;
        let numbers: BTreeSet<u64> = all.iter().map(parked_number).collect();
        assert_eq!(
            numbers,
            (5..MANY).collect(),
            "everything that was parked is listed, however often one looks"
        );
        for letter in &all {
            let cause = cause(parked_number(letter));
            assert_eq!(letter.cause.as_deref(), Some(cause.as_str()), "it is said why it was parked");
            assert_eq!(letter.receive_count, 1, "it is said how often it was received");
            assert!(
                letter.parked_at.is_none_or(|at| at == now),
                "when it was parked, by the clock of who did"
            );
            let shown = format!("{letter:?}");
            assert!(!shown.contains("98103"), "what is in a message stays out of logs, but: {shown}");
        }
        let ids: BTreeSet<&str> = all.iter().map(|letter| letter.id.as_str()).collect();
        assert_eq!(ids.len(), all.len(), "each has an id of its own");
    }
    assert_eq!(letters(desk, 3).await.len(), 3, "a page is as many as asked for");
    assert!(letters(desk, 0).await.is_empty(), "none asked for, none given");
    let others = desk.dead_letters(Queue::Intro, 10).await.expect("the dead letters");
    assert!(others.is_empty(), "each queue has its own");
}

async fn acts_on_what_it_is_told<Q, D>(queue: &Q, desk: &D, now: Instant)
where
    Q: EventQueue + ?Sized,
    D: QueueDesk + ?Sized,
{
    let all = letters(desk, 100).await;
    let id = |number: u64| {
        let letter = all.iter().find(|letter| parked_number(letter) == number);
        letter.expect("a letter with that number").id.clone()
    };
    let some = |ids: &[String]| Which::Ids(ids.to_vec());
    let unknown = some(&["contract unknown".to_owned(), String::new()]);
    assert_eq!(desk.replay(QUEUE, &unknown).await.expect("replaying"), 0, "what is unknown is not replayed");
    assert_eq!(desk.discard(QUEUE, &unknown).await.expect("discarding"), 0, "nor thrown away");
    assert_eq!(desk.replay(QUEUE, &some(&[])).await.expect("replaying"), 0, "none named, none replayed");
    assert_eq!(
        desk.replay(Queue::Intro, &Which::All).await.expect("replaying"),
        0,
        "others stay as they are"
    );

    assert_eq!(
        desk.discard(QUEUE, &some(&[id(5)])).await.expect("discarding"),
        1,
        "what is named is thrown away"
    );
    assert_eq!(desk.discard(QUEUE, &some(&[id(5)])).await.expect("discarding"), 0, "once");
    assert_eq!(
        desk.replay(QUEUE, &some(&[id(6), id(7)])).await.expect("replaying"),
        2,
        "what is named is replayed"
    );
    assert_eq!(desk.replay(QUEUE, &some(&[id(6)])).await.expect("replaying"), 0, "once");
    came_again(queue, now, [6, 7].into()).await;

    let rest = MANY - 8;
    assert_eq!(
        desk.replay(QUEUE, &Which::All).await.expect("replaying"),
        rest,
        "all that are left are replayed"
    );
    let deliveries = came_again(queue, now, (8..MANY).collect()).await;
    assert!(letters(desk, 10).await.is_empty(), "and are parked no more");
    queue.settle(deliveries.into_iter().map(|one| one.park("again")).collect(), now).await.expect("settling");
    assert_eq!(desk.discard(QUEUE, &Which::All).await.expect("discarding"), rest, "all are thrown away");
    let standing = desk.standing(QUEUE, now).await.expect("a standing");
    assert_eq!(standing.dead, 0, "in the end nothing is left");
}

/// What was replayed comes as if for the first time. Two are done with, more are given back to the caller.
async fn came_again<Q: EventQueue + ?Sized>(queue: &Q, now: Instant, wanted: BTreeSet<u64>) -> Vec<Delivery> {
    let all = receive(queue, wanted.len(), now).await;
    assert_eq!(
        all.iter().map(number).collect::<BTreeSet<_>>(),
        wanted,
        "what was replayed is delivered again"
    );
    assert!(all.iter().all(|one| one.receive_count() == 1), "as if for the first time");
    if wanted.len() > 2 {
        return all;
    }
    queue.settle(all.into_iter().map(Delivery::done).collect(), now).await.expect("settling");
    Vec::new()
}

async fn receive<Q: EventQueue + ?Sized>(queue: &Q, wanted: usize, now: Instant) -> Vec<Delivery> {
    let mut all = Vec::new();
    for _ in 0..LOOKS {
        all.extend(queue.receive(QUEUE, 100, now, VISIBILITY).await.expect("receiving"));
        if all.len() >= wanted {
            break;
        }
    }
    all
}

async fn letters<D: QueueDesk + ?Sized>(desk: &D, limit: usize) -> Vec<DeadLetter> {
    desk.dead_letters(QUEUE, limit).await.expect("the dead letters")
}

fn cause(number: u64) -> String {
    format!("Größe \u{1F3E0}\n{number} cannot be handled")
}

fn event(number: u64) -> Event {
    Event::StatusChanged(StatusChanged {
        event_id: EventId::new(format!("contract:{number}")).ok(),
        campaign_id: CampaignId::new("contract").expect("an id"),
        zip_code: "98103".parse().expect("a ZIP code"),
        from_status: CampaignStatus::ReadyToCreateEmail,
        to_status: CampaignStatus::ReadyToSendEmail,
        timestamp: at(START),
        version: Some(number),
        cycle: None,
        operations: None,
    })
}

fn number_of(event: &Event) -> u64 {
    match event {
        Event::StatusChanged(change) => change.version.expect("a version"),
        Event::UserCreated(_) => panic!("a status change"),
    }
}

fn number(delivery: &Delivery) -> u64 {
    number_of(delivery.event().expect("an event"))
}

/// The payload is the event, or holds it as SNS wraps it.
fn parked_number(letter: &DeadLetter) -> u64 {
    let payload = &letter.payload;
    let event = serde_json::from_slice::<Event>(payload).or_else(|_| {
        let wrapped: serde_json::Value = serde_json::from_slice(payload)?;
        serde_json::from_str(wrapped["Message"].as_str().unwrap_or_default())
    });
    number_of(&event.expect("what was parked is there as it came"))
}
