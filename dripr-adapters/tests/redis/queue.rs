use std::{collections::BTreeMap, time::Duration};

use chrono::TimeDelta;
use dripr_adapters::redis::RedisQueue;
use dripr_core::{
    events::{Event, Queue},
    ports::{Delivery, EventBus, EventQueue, QueueDesk, Receipt, Settlement},
    schedule::Instant,
    testkit::{MemoryStore, contract},
};
use futures_util::{future::join_all, poll};

use super::{
    place::{Place, VISIBILITY, at, event, number},
    relayed::Relayed,
};

const QUEUE: Queue = Queue::EmailSending;

pub(crate) async fn publish(queue: &RedisQueue, numbers: impl IntoIterator<Item = u64>) {
    let events: Vec<Event> = numbers.into_iter().map(event).collect();
    for answer in queue.publish(&events).await {
        answer.unwrap();
    }
}

async fn receive(queue: &RedisQueue, max: usize, now: Instant) -> Vec<Delivery> {
    queue.receive(QUEUE, max, now, VISIBILITY).await.unwrap()
}

pub(crate) fn receipt(delivery: &Delivery) -> Receipt {
    match delivery.extend(Instant::MIN_UTC) {
        Settlement::Extend(receipt, _) => receipt,
        other => panic!("an extension, not {other:?}"),
    }
}

fn numbers(deliveries: &[Delivery]) -> Vec<u64> {
    deliveries.iter().map(|delivery| number(delivery.event().unwrap())).collect()
}

#[tokio::test]
async fn it_is_an_event_queue() {
    let place = Place::new();
    let (store, bus, queue) = (MemoryStore::with_outbox(), place.queue(), place.queue());
    contract::event_queue(&Relayed { store, bus, queue }).await;
}

#[tokio::test]
async fn it_is_an_event_bus() {
    let place = Place::new();
    // Published by one process, received by another.
    contract::event_bus(&place.queue(), &place.queue()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_delivery_is_given_to_two() {
    let place = Place::new();
    let processes = [place.queue(), place.queue()];
    publish(&processes[0], 0..300).await;
    let now = at("2026-03-12T15:00:00Z");
    let tasks = (0..6).map(|task| {
        let queue = processes[task % 2].clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let some = receive(&queue, 7, now).await;
                if some.is_empty() {
                    return mine;
                }
                mine.extend(numbers(&some));
                if task % 3 == 0 {
                    let done = some.into_iter().map(Delivery::done).collect();
                    queue.settle(done, now).await.unwrap();
                }
            }
        })
    });
    let mut times = BTreeMap::<u64, u32>::new();
    for number in join_all(tasks).await.into_iter().flat_map(Result::unwrap) {
        *times.entry(number).or_default() += 1;
    }
    assert_eq!(times, (0..300).map(|number| (number, 1)).collect());
}

#[tokio::test]
async fn what_a_killed_process_had_comes_back_and_its_receipt_is_worth_nothing() {
    let place = Place::new();
    let (killed, other) = (place.queue(), place.queue());
    publish(&other, [1]).await;
    let now = at("2026-03-12T15:00:00Z");
    let had = receive(&killed, 10, now).await.remove(0);
    let later = now + TimeDelta::seconds(30);
    assert!(receive(&other, 10, later - TimeDelta::microseconds(1)).await.is_empty());
    let got = receive(&other, 10, later).await.remove(0);
    assert_eq!((had.receive_count(), got.receive_count()), (1, 2));
    assert_eq!(receipt(&had).id, receipt(&got).id);
    assert!(receipt(&got).fence > receipt(&had).fence);
    let worthless = receipt(&had);
    let all = [
        Settlement::Done(worthless.clone()),
        Settlement::Again(worthless.clone(), now),
        Settlement::Extend(worthless.clone(), now),
        Settlement::Park(worthless, "too late".to_owned()),
    ];
    killed.settle(all.to_vec(), later).await.unwrap();
    assert!(receive(&killed, 10, later).await.is_empty(), "it is still the other's");
    assert!(other.dead_letters(QUEUE, 10).await.unwrap().is_empty());
    other.settle(vec![got.done()], later).await.unwrap();
    assert_eq!(other.next_visible(&Queue::ALL).await.unwrap(), None);
}

#[tokio::test]
async fn settling_twice_is_settling_once() {
    let place = Place::new();
    let queue = place.queue();
    publish(&queue, 1..=4).await;
    let now = at("2026-03-12T15:00:00Z");
    let soon = now + TimeDelta::minutes(5);
    let mut all = receive(&queue, 10, now).await;
    assert_eq!(numbers(&all), [1, 2, 3, 4], "the oldest first");
    let mut settlements = vec![all[0].extend(soon)];
    settlements.push(all.remove(1).again(soon));
    settlements.push(all.remove(1).park("no"));
    settlements.push(all.remove(1).done());
    for _ in 0..2 {
        queue.settle(settlements.clone(), now).await.unwrap();
    }
    assert_eq!(queue.dead_letters(QUEUE, 10).await.unwrap().len(), 1);
    assert_eq!(queue.next_visible(&[QUEUE]).await.unwrap(), Some(soon));
    let back = receive(&queue, 10, soon).await;
    assert_eq!(numbers(&back), [1, 2]);
    // One was received twice, the other given back in between, once.
    assert_eq!(back.iter().map(|one| receipt(one).fence).collect::<Vec<_>>(), [2, 3]);
    assert!(back.iter().all(|one| one.receive_count() == 2));
}

#[tokio::test]
async fn receipts_of_anything_settle_nothing() {
    let place = Place::ending("*?[a]\\\r\n\u{0}{x}\u{1F3E0}");
    let queue = place.queue();
    publish(&queue, [1]).await;
    let now = at("2026-03-12T15:00:00Z");
    let delivery = receive(&queue, 1, now).await.remove(0);
    let own = receipt(&delivery);
    let foreign = ["", "\u{0}", "x\r\nFLUSHALL\r\n", "' .. 1", "*", "\u{1F3E0}", &"9".repeat(100_000)];
    let mut settlements = Vec::new();
    for id in foreign.into_iter().chain([own.id.as_str()]) {
        for fence in [0, own.fence + 1, u64::MAX] {
            let receipt = Receipt { queue: QUEUE, id: id.to_owned(), fence };
            settlements.push(Settlement::Done(receipt.clone()));
            settlements.push(Settlement::Again(receipt.clone(), Instant::MIN_UTC));
            settlements.push(Settlement::Extend(receipt.clone(), Instant::MAX_UTC));
            settlements.push(Settlement::Park(receipt, "\r\n\u{0}".to_owned()));
        }
    }
    let elsewhere = Receipt { queue: Queue::Intro, ..own.clone() };
    settlements.push(Settlement::Done(elsewhere));
    queue.settle(settlements, now).await.unwrap();
    assert!(receive(&queue, 10, now).await.is_empty(), "it is still being worked on");
    let back = receive(&queue, 10, now + TimeDelta::seconds(30)).await;
    assert_eq!(numbers(&back), [1]);
    assert!(queue.dead_letters(QUEUE, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn no_instant_breaks_it() {
    let place = Place::new();
    let queue = place.queue();
    publish(&queue, [1]).await;
    for now in [Instant::MIN_UTC, at("2026-03-12T15:00:00Z"), Instant::MAX_UTC] {
        let mut got = queue.receive(QUEUE, usize::MAX, now, Duration::MAX).await.unwrap();
        assert_eq!(numbers(&got), [1], "hidden for ever is hidden by a wrong clock");
        queue.settle(vec![got[0].extend(Instant::MAX_UTC)], now).await.unwrap();
        queue.settle(vec![got.remove(0).again(Instant::MIN_UTC)], now).await.unwrap();
        assert!(queue.next_visible(&[QUEUE]).await.unwrap().unwrap() < at("1700-01-01T00:00:00Z"));
    }
    assert!(queue.receive(QUEUE, 0, at("2026-03-12T15:00:00Z"), VISIBILITY).await.unwrap().is_empty());
    assert_eq!(queue.next_visible(&[]).await.unwrap(), None);
}

#[tokio::test]
async fn ids_are_not_used_again() {
    let place = Place::new();
    let queue = place.queue();
    let now = at("2026-03-12T15:00:00Z");
    let mut last = String::new();
    for round in 0..4 {
        publish(&queue, 0..150).await;
        let all = receive(&queue, 500, now).await;
        assert_eq!(numbers(&all), (0..150).collect::<Vec<_>>(), "in order");
        for delivery in &all {
            let id = receipt(delivery).id;
            assert!(id > last, "{id} comes after {last}");
            last = id;
        }
        queue.settle(all.into_iter().map(Delivery::done).collect(), now).await.unwrap();
        if round == 1 {
            place.flush();
        }
    }
}

#[tokio::test]
async fn who_waits_hears_of_what_another_process_publishes() {
    let place = Place::new();
    let (waits, publishes) = (place.queue(), place.queue());
    let within = |future| tokio::time::timeout(Duration::from_secs(10), future);
    for number in 0..5 {
        let mut arrived = waits.arrived(&[Queue::Intro, QUEUE]);
        let early = poll!(&mut arrived).is_ready();
        publish(&publishes, [number]).await;
        assert!(early || within(arrived).await.is_ok(), "round {number}");
    }
    // By now it listens. What comes into another queue wakes nobody; what is given back does.
    let mut other = waits.arrived(&[Queue::WelcomeEmails]);
    let mut arrived = waits.arrived(&[QUEUE]);
    assert!(poll!(&mut other).is_pending() && poll!(&mut arrived).is_pending());
    let now = at("2026-03-12T15:00:00Z");
    let got = receive(&publishes, 1, now).await.remove(0);
    publishes.settle(vec![got.again(now)], now).await.unwrap();
    within(arrived).await.unwrap();
    assert!(poll!(&mut other).is_pending());
    assert!(poll!(waits.arrived(&[])).is_pending(), "who waits for no queue waits");
}
