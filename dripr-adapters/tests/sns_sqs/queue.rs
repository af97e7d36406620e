use std::{collections::BTreeMap, time::Duration};

use chrono::TimeDelta;
use dripr_core::{
    events::Queue,
    ports::{Delivery, EventBus, EventQueue, Receipt, Settlement},
    schedule::Instant,
    testkit::{MemoryStore, contract},
};
use futures_util::future::join_all;

use super::{
    place::{Place, QUEUE, START, VISIBILITY, at, event, number, numbers},
    relayed::Relayed,
};

pub(crate) async fn publish(place: &Place, numbers: impl IntoIterator<Item = u64>) {
    let events: Vec<_> = numbers.into_iter().map(event).collect();
    for answer in place.bus().publish(&events).await {
        answer.unwrap();
    }
}

#[tokio::test]
async fn it_is_an_event_queue() {
    let place = Place::new().await;
    let (store, bus, queue) = (MemoryStore::with_outbox(), place.bus(), place.clocked());
    contract::remote_event_queue(&Relayed { store, bus, queue }).await;
}

#[tokio::test]
async fn it_is_an_event_queue_of_raw_messages() {
    let wanted = dripr_adapters::sns_sqs::Provision { raw_delivery: true, ..Default::default() };
    let place = Place::provisioned(&wanted).await;
    let (store, bus, queue) = (MemoryStore::with_outbox(), place.bus(), place.clocked());
    contract::remote_event_queue(&Relayed { store, bus, queue }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_delivery_is_given_to_two() {
    let place = Place::new().await;
    publish(&place, 0..120).await;
    let now = at(START);
    let tasks = (0..4).map(|task| {
        let queue = place.queue();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let some = queue.receive(QUEUE, 13, now, VISIBILITY).await.unwrap();
                if some.is_empty() {
                    return mine;
                }
                assert!(some.len() <= 13);
                mine.extend(numbers(&some));
                if task % 2 == 0 {
                    queue.settle(some.into_iter().map(Delivery::done).collect(), now).await.unwrap();
                }
            }
        })
    });
    let mut times = BTreeMap::<u64, u32>::new();
    for number in join_all(tasks).await.into_iter().flat_map(Result::unwrap) {
        *times.entry(number).or_default() += 1;
    }
    assert_eq!(times, (0..120).map(|number| (number, 1)).collect());
}

#[tokio::test]
async fn as_many_as_asked_for_come_with_one_receive_and_are_settled_in_tens() {
    let place = Place::new().await;
    publish(&place, 0..57).await;
    let queue = place.queue();
    let now = at(START);
    let some = queue.receive(QUEUE, 25, now, VISIBILITY).await.unwrap();
    assert_eq!(some.len(), 25);
    let rest = queue.receive(QUEUE, 100, now, VISIBILITY).await.unwrap();
    assert_eq!(rest.len(), 32);
    let settlements = some.into_iter().chain(rest).map(Delivery::done).collect();
    queue.settle(settlements, now).await.unwrap();
    assert_eq!(place.calls("DeleteMessageBatch"), 6);
    assert_eq!(place.count(place.url(QUEUE)), 0);
    let asked = place.calls("ReceiveMessage");
    assert!(queue.receive(QUEUE, 100, now, VISIBILITY).await.unwrap().is_empty());
    assert_eq!(place.calls("ReceiveMessage"), asked + 1, "an empty queue is asked once");
    assert!(queue.receive(QUEUE, 0, now, VISIBILITY).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_killed_process_had_comes_back_and_its_receipt_is_worth_nothing() {
    let place = Place::new().await;
    let (killed, other) = (place.clocked(), place.clocked());
    publish(&place, [1]).await;
    let now = at(START);
    let had = killed.receive(QUEUE, 10, now, VISIBILITY).await.unwrap().remove(0);
    let later = now + TimeDelta::seconds(30);
    let got = other.receive(QUEUE, 10, later, VISIBILITY).await.unwrap().remove(0);
    assert_eq!((had.receive_count(), got.receive_count()), (1, 2));
    let receipt = had.receipt().clone();
    let all = [
        Settlement::Done(receipt.clone()),
        Settlement::Again(receipt.clone(), later),
        Settlement::Extend(receipt.clone(), later),
        Settlement::Park(receipt, "too late".to_owned()),
    ];
    killed.settle(all.to_vec(), later).await.unwrap();
    assert!(
        killed.receive(QUEUE, 10, later, VISIBILITY).await.unwrap().is_empty(),
        "it is still the other's"
    );
    other.settle(vec![got.done()], later).await.unwrap();
    assert_eq!(place.count(place.url(QUEUE)), 0);
}

#[tokio::test]
async fn settling_twice_is_settling_once() {
    let place = Place::new().await;
    let queue = place.clocked();
    publish(&place, 1..=4).await;
    let now = at(START);
    let soon = now + TimeDelta::minutes(5);
    let all = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    let settlements: Vec<Settlement> = all
        .into_iter()
        .map(|one| match number(&one) {
            1 => one.extend(soon),
            2 => one.again(soon),
            3 => one.park("no"),
            _ => one.done(),
        })
        .collect();
    for _ in 0..2 {
        queue.settle(settlements.clone(), now).await.unwrap();
    }
    assert!(queue.receive(QUEUE, 10, soon - TimeDelta::seconds(1), VISIBILITY).await.unwrap().is_empty());
    let back = queue.receive(QUEUE, 10, soon, VISIBILITY).await.unwrap();
    assert_eq!(numbers(&back), [1, 2]);
    assert!(back.iter().all(|one| one.receive_count() == 2));
    let dead = format!("{}-dlq", place.url(QUEUE));
    assert_eq!(place.count(&dead), 1);
}

#[tokio::test]
async fn receipts_of_anything_settle_nothing() {
    let place = Place::new().await;
    let queue = place.clocked();
    publish(&place, [1]).await;
    let now = at(START);
    let delivery = queue.receive(QUEUE, 1, now, VISIBILITY).await.unwrap().remove(0);
    let own = delivery.receipt().clone();
    let foreign = ["", "\u{0}", "x\r\n", "\u{1F3E0}", &"9".repeat(100_000)];
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
    settlements.push(Settlement::Done(Receipt { queue: Queue::Intro, ..own }));
    queue.settle(settlements, now).await.unwrap();
    assert_eq!(
        numbers(&queue.receive(QUEUE, 10, now + TimeDelta::seconds(30), VISIBILITY).await.unwrap()),
        [1]
    );
}

#[tokio::test]
async fn what_is_put_off_for_longer_than_sqs_can_comes_earlier() {
    let place = Place::new().await;
    let queue = place.clocked();
    publish(&place, [1]).await;
    let now = at(START);
    let one = queue.receive(QUEUE, 1, now, VISIBILITY).await.unwrap().remove(0);
    queue.settle(vec![one.again(now + TimeDelta::days(3))], now).await.unwrap();
    let hours = |hours| now + TimeDelta::hours(hours);
    assert!(queue.receive(QUEUE, 1, hours(11), VISIBILITY).await.unwrap().is_empty());
    assert_eq!(queue.receive(QUEUE, 1, hours(12), VISIBILITY).await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_instant_breaks_it() {
    let place = Place::new().await;
    let queue = place.queue();
    publish(&place, [1]).await;
    for now in [Instant::MIN_UTC, at(START), Instant::MAX_UTC] {
        let got = queue.receive(QUEUE, usize::MAX, now, Duration::ZERO).await.unwrap();
        let mut settlements: Vec<_> = got.iter().map(|one| one.extend(Instant::MAX_UTC)).collect();
        settlements.extend(got.into_iter().map(|one| one.again(Instant::MIN_UTC)));
        queue.settle(settlements, now).await.unwrap();
    }
    assert_eq!(queue.next_visible(&Queue::ALL).await.unwrap(), None);
    assert_eq!(place.count(place.url(QUEUE)), 1);
}
