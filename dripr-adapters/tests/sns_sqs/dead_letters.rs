use chrono::TimeDelta;
use dripr_adapters::sns_sqs::Provision;
use dripr_core::{
    ports::{Delivery, EventQueue, QueueDesk, Which},
    testkit::contract,
};
use serde_json::json;

use super::{
    place::{Place, QUEUE, START, VISIBILITY, at, event, numbers},
    queue::publish,
};

#[tokio::test]
async fn it_is_a_queue_desk() {
    let place = Place::new().await;
    // Published, received and looked at by three processes.
    contract::queue_desk(&place.bus(), &place.queue(), &place.queue()).await;
}

#[tokio::test]
async fn what_kills_whoever_receives_it_is_taken_away_and_can_be_replayed() {
    let place = Place::provisioned(&Provision { most_receives: 3, ..Provision::default() }).await;
    publish(&place, [1]).await;
    let mut now = at(START);
    let queue = place.clocked();
    for received in 1..=3 {
        let got = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
        assert_eq!(got[0].receive_count(), received);
        now += TimeDelta::seconds(30);
    }
    assert!(queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap().is_empty());
    let desk = place.queue();
    let standing = desk.standing(QUEUE, now).await.unwrap();
    assert_eq!((standing.waiting, standing.hidden, standing.dead), (0, 0, 1));
    let dead = desk.dead_letters(QUEUE, 10).await.unwrap();
    assert_eq!((dead[0].cause.as_deref(), dead[0].receive_count, dead[0].parked_at), (None, 3, None));
    assert_eq!(desk.replay(QUEUE, &Which::Ids(vec![dead[0].id.clone()])).await.unwrap(), 1);
    let got = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    assert_eq!((numbers(&got), got[0].receive_count()), (vec![1], 1));
    assert!(desk.dead_letters(QUEUE, 10).await.unwrap().is_empty());
}

/// A welcome of which nobody knows for a day whether it arrived is looked at once an hour, and more often than that.
#[tokio::test]
async fn work_that_waits_is_not_taken_away_however_often_it_is_looked_at() {
    let place = Place::new().await;
    publish(&place, [1]).await;
    let queue = place.clocked();
    let mut now = at(START);
    for received in 1..=40 {
        let got = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap().remove(0);
        assert_eq!(got.receive_count(), received);
        now += TimeDelta::hours(1);
        queue.settle(vec![got.again(now)], now).await.unwrap();
    }
}

#[tokio::test]
async fn an_event_keeps_the_id_of_its_message_through_parking_and_replaying() {
    let place = Place::new().await;
    let body = serde_json::to_string(&event(1)).unwrap().replace("\"event_id\":\"test:1\",", "");
    place.send(QUEUE, &body);
    let queue = place.queue();
    let now = at(START);
    let mut ids = Vec::new();
    for _ in 0..3 {
        let got = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap().remove(0);
        ids.push(got.event().unwrap().id().unwrap().clone());
        queue.settle(vec![got.park("no")], now).await.unwrap();
        assert_eq!(queue.replay(QUEUE, &Which::All).await.unwrap(), 1);
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn replaying_that_fails_in_the_middle_loses_nothing() {
    let place = Place::new().await;
    publish(&place, 0..12).await;
    let queue = place.queue();
    let now = at(START);
    let all = queue.receive(QUEUE, 100, now, VISIBILITY).await.unwrap();
    queue.settle(all.into_iter().map(|one| one.park("no")).collect(), now).await.unwrap();
    place.fail(&json!([
        {"action": "SendMessageBatch", "fail": {"4": "InternalError"}},
        {"action": "SendMessageBatch", "status": 503, "code": "ServiceUnavailable"},
        {"action": "DeleteMessageBatch", "status": 503, "code": "ServiceUnavailable"},
    ]));
    let mut failures = 0;
    while queue.replay(QUEUE, &Which::All).await.is_err() {
        failures += 1;
        assert!(failures < 5);
    }
    assert!(failures >= 2);
    let mut got = Vec::new();
    loop {
        let some = queue.receive(QUEUE, 100, now, VISIBILITY).await.unwrap();
        if some.is_empty() {
            break;
        }
        got.extend(some);
    }
    let mut replayed = numbers(&got);
    replayed.dedup();
    assert_eq!(replayed, (0..12).collect::<Vec<_>>());
    assert!(queue.dead_letters(QUEUE, 10).await.unwrap().is_empty());
    queue.settle(got.into_iter().map(Delivery::done).collect(), now).await.unwrap();
}

#[tokio::test]
async fn looking_that_cannot_give_back_shows_them_again_after_a_while() {
    let place = Place::new().await;
    publish(&place, [1]).await;
    let queue = place.queue();
    let now = at(START);
    let one = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap().remove(0);
    queue.settle(vec![one.park("no")], now).await.unwrap();
    place.fail(&json!([{"action": "ChangeMessageVisibilityBatch", "status": 503, "code": "InternalError"}]));
    assert_eq!(queue.dead_letters(QUEUE, 10).await.unwrap().len(), 1);
    assert!(queue.dead_letters(QUEUE, 10).await.unwrap().is_empty());
    assert_eq!(queue.standing(QUEUE, now).await.unwrap().dead, 1, "it is counted all the same");
    place.set_clock(now + TimeDelta::seconds(120));
    assert_eq!(queue.dead_letters(QUEUE, 10).await.unwrap().len(), 1);
}
