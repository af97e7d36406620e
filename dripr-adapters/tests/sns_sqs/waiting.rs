//! Who waits for deliveries hears of them, and whoever stops waiting loses none.

use std::time::Duration;

use chrono::TimeDelta;
use dripr_core::{
    events::Queue,
    ports::{Delivery, EventQueue},
};
use futures_util::poll;
use serde_json::json;
use tokio::time::timeout;

use super::{
    place::{Place, QUEUE, START, VISIBILITY, at, numbers},
    queue::publish,
};

const BOUND: Duration = Duration::from_secs(15);

#[tokio::test]
async fn who_waits_hears_of_what_comes() {
    let place = Place::new().await;
    let queue = place.queue();
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { timeout(BOUND, queue.arrived(&[Queue::Intro, QUEUE])).await }
    });
    publish(&place, [1]).await;
    waiting.await.unwrap().expect("it was told");
    // It is held for whoever receives next, and is nobody else's meanwhile.
    let now = at(START);
    assert!(place.queue().receive(QUEUE, 10, now, VISIBILITY).await.unwrap().is_empty());
    let got = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    assert_eq!((numbers(&got), got[0].receive_count()), (vec![1], 1));
    queue.settle(got.into_iter().map(Delivery::done).collect(), now).await.unwrap();
    assert_eq!(place.count(place.url(QUEUE)), 0);
}

#[tokio::test]
async fn who_stops_waiting_loses_nothing() {
    let place = Place::new().await;
    let queue = place.queue();
    {
        let mut arrived = queue.arrived(&[QUEUE]);
        // The first look is for whoever looks himself; from the second on the service is asked.
        assert!(poll!(&mut arrived).is_pending());
        tokio::task::yield_now().await;
        assert!(poll!(&mut arrived).is_pending());
        while place.calls("ReceiveMessage") == 0 {
            tokio::task::yield_now().await;
        }
    }
    publish(&place, 0..3).await;
    let now = at(START);
    let mut got = Vec::new();
    // Whether the call that nobody waits for has them by now or not.
    let all = async {
        while got.len() < 3 {
            got.extend(queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap());
        }
    };
    timeout(BOUND, all).await.expect("all of them come");
    assert_eq!(numbers(&got), [0, 1, 2]);
    queue.settle(got.into_iter().map(Delivery::done).collect(), now).await.unwrap();
    assert_eq!(place.count(place.url(QUEUE)), 0);
}

/// Something came while one waited, and is held.
async fn came(place: &Place, queue: &dripr_adapters::sns_sqs::SqsQueue) {
    // What comes by waiting is hidden for as long as what was received before.
    assert!(queue.receive(QUEUE, 1, at(START), VISIBILITY).await.unwrap().is_empty());
    publish(place, [1]).await;
    timeout(BOUND, queue.arrived(&[QUEUE])).await.expect("it is there");
}

#[tokio::test]
async fn what_was_held_for_too_long_comes_again() {
    let place = Place::new().await;
    let queue = place.queue();
    came(&place, &queue).await;
    let later = at(START) + TimeDelta::seconds(30);
    place.set_clock(later);
    let got = queue.receive(QUEUE, 10, later, VISIBILITY).await.unwrap();
    assert_eq!((numbers(&got), got[0].receive_count()), (vec![1], 2), "received anew");
    queue.settle(got.into_iter().map(Delivery::done).collect(), later).await.unwrap();
    assert_eq!(place.count(place.url(QUEUE)), 0);
}

#[tokio::test]
async fn what_was_held_for_a_while_is_handed_out_with_its_whole_time() {
    let place = Place::new().await;
    let queue = place.queue();
    came(&place, &queue).await;
    let later = at(START) + TimeDelta::seconds(20);
    place.set_clock(later);
    let got = queue.receive(QUEUE, 10, later, VISIBILITY).await.unwrap();
    assert_eq!((numbers(&got), got[0].receive_count()), (vec![1], 1));
    assert_eq!(place.calls("ChangeMessageVisibilityBatch"), 1);
    let still = later + TimeDelta::seconds(29);
    place.set_clock(still);
    assert!(place.queue().receive(QUEUE, 10, still, VISIBILITY).await.unwrap().is_empty());
    queue.settle(got.into_iter().map(Delivery::done).collect(), still).await.unwrap();
    assert_eq!(place.count(place.url(QUEUE)), 0);
}

#[tokio::test]
async fn what_cannot_have_its_time_is_left_to_come_again() {
    let place = Place::new().await;
    let queue = place.queue();
    came(&place, &queue).await;
    let later = at(START) + TimeDelta::seconds(20);
    place.set_clock(later);
    let refused = json!({"action": "ChangeMessageVisibilityBatch", "status": 403, "code": "AccessDenied"});
    place.fail(&json!([refused]));
    assert!(queue.receive(QUEUE, 10, later, VISIBILITY).await.unwrap().is_empty());
    let again = at(START) + TimeDelta::seconds(30);
    place.set_clock(again);
    assert_eq!(queue.receive(QUEUE, 10, again, VISIBILITY).await.unwrap().len(), 1);
}

#[tokio::test]
async fn waiting_goes_on_after_failures_and_for_no_queue_for_ever() {
    let place = Place::new().await;
    let queue = place.queue();
    let refused = json!({"action": "ReceiveMessage", "status": 503, "code": "ServiceUnavailable"});
    place.fail(&json!([refused, refused]));
    publish(&place, [1]).await;
    timeout(BOUND, queue.arrived(&[QUEUE])).await.expect("it asks again");
    let mut never = queue.arrived(&[]);
    for _ in 0..10 {
        assert!(poll!(&mut never).is_pending());
        tokio::task::yield_now().await;
    }
}
