use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::Duration,
};

use chrono::TimeDelta;
use dripr_adapters::sns_sqs::{Aws, AwsCredentials, AwsOptions, SnsBus, SqsQueue};
use dripr_core::{
    errors::{Fault, PortError},
    events::Queue,
    ports::{Delivery, EventBus, EventQueue, Probe, QueueDesk, Which},
    testkit::contract,
};
use serde_json::json;
use tokio::time::timeout;

use super::{
    place::{Place, QUEUE, START, VISIBILITY, at, event, numbers},
    queue::publish,
};

const BOUND: Duration = Duration::from_secs(20);

fn refusal(action: &str, code: &str) -> serde_json::Value {
    json!({"action": action, "status": 400, "code": code})
}

#[tokio::test]
async fn entries_that_were_throttled_are_told_again_at_once() {
    let place = Place::new().await;
    publish(&place, 0..12).await;
    let queue = place.queue();
    let now = at(START);
    let all = queue.receive(QUEUE, 100, now, VISIBILITY).await.unwrap();
    place.fail(&json!([
        {"action": "DeleteMessageBatch", "fail": {"0": "RequestThrottled", "3": "InternalError"}},
        {"action": "DeleteMessageBatch", "fail": {"1": "RequestThrottled"}},
        {"action": "DeleteMessageBatch", "fail": {"0": "RequestThrottled"}},
    ]));
    queue.settle(all.into_iter().map(Delivery::done).collect(), now).await.unwrap();
    assert_eq!(place.count(place.url(QUEUE)), 0);
    assert_eq!(
        place.calls("DeleteMessageBatch"),
        4,
        "ten, two, the three of them that failed, and one of these"
    );
}

#[tokio::test]
async fn entries_that_stay_throttled_are_an_error_that_may_heal_and_settling_again_is_right() {
    let place = Place::new().await;
    publish(&place, 0..3).await;
    let queue = place.queue();
    let now = at(START);
    let all = queue.receive(QUEUE, 100, now, VISIBILITY).await.unwrap();
    let settlements: Vec<_> = all.into_iter().map(Delivery::done).collect();
    let throttled = json!({"action": "DeleteMessageBatch", "fail": {"0": "RequestThrottled"}});
    place.fail(&json!([throttled, throttled, throttled]));
    let error = queue.settle(settlements.clone(), now).await.unwrap_err();
    assert!(error.fault() == Fault::Throttled && error.to_string().contains("RequestThrottled"), "{error}");
    assert_eq!(place.count(place.url(QUEUE)), 1, "the others are done with");
    queue.settle(settlements, now).await.unwrap();
    assert_eq!(place.count(place.url(QUEUE)), 0);
}

#[tokio::test]
async fn an_answer_that_is_lost_loses_nothing() {
    let place = Place::new().await;
    let queue = place.clocked();
    let lost =
        |action: &str| place.fail(&json!([{"action": action, "lost": true, "status": 503, "code": "X"}]));
    lost("PublishBatch");
    assert!(place.bus().publish(&[event(1)]).await.remove(0).is_err());
    publish(&place, [1]).await;
    let now = at(START);
    lost("ReceiveMessage");
    assert!(queue.receive(QUEUE, 10, now, VISIBILITY).await.is_err());
    assert!(
        queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap().is_empty(),
        "hidden with the lost answer"
    );
    let later = now + TimeDelta::seconds(30);
    let both = queue.receive(QUEUE, 10, later, VISIBILITY).await.unwrap();
    assert_eq!(numbers(&both), [1, 1], "published twice, which handlers know");
    lost("SendMessageBatch");
    let park: Vec<_> = both.into_iter().map(|one| one.park("no")).collect();
    let error = queue.settle(park.clone(), later).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Unavailable, "{error}");
    lost("DeleteMessageBatch");
    queue.settle(park, later).await.unwrap();
    assert_eq!(place.count(place.url(QUEUE)), 0);
    // Each was parked twice, and none was lost.
    assert_eq!(queue.queue.dead_letters(QUEUE, 10).await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_came_before_a_failure_is_worked_on() {
    let place = Place::new().await;
    publish(&place, 0..30).await;
    let queue = place.queue();
    place.fail(&json!([{"action": "ReceiveMessage", "fail": {}, "body": "{\"Messages\":[]}"}]));
    assert!(queue.receive(QUEUE, 100, at(START), VISIBILITY).await.unwrap().is_empty());
    let some = queue.receive(QUEUE, 10, at(START), VISIBILITY).await.unwrap();
    assert_eq!(some.len(), 10);
    place.fail(&json!([refusal("ReceiveMessage", "RequestThrottled")]));
    let error = queue.receive(QUEUE, 10, at(START), VISIBILITY).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Throttled);
    assert_eq!(queue.receive(QUEUE, 100, at(START), VISIBILITY).await.unwrap().len(), 20);
}

#[tokio::test]
async fn refusals_are_sorted_by_whose_fault_they_are() {
    let place = Place::new().await;
    let queue = place.queue();
    for (code, fault) in [
        ("AWS.SimpleQueueService.NonExistentQueue", Fault::Misconfigured),
        ("QueueDoesNotExist", Fault::Misconfigured),
        ("AccessDenied", Fault::Misconfigured),
        ("InvalidClientTokenId", Fault::Misconfigured),
        ("ExpiredToken", Fault::Misconfigured),
        ("KmsDisabled", Fault::Misconfigured),
        ("RequestThrottled", Fault::Throttled),
        ("ThrottlingException", Fault::Throttled),
        ("OverLimit", Fault::Throttled),
        ("InternalFailure", Fault::Unavailable),
        ("InvalidAttributeName", Fault::Invalid),
    ] {
        place.fail(&json!([refusal("ReceiveMessage", code)]));
        let error = queue.receive(QUEUE, 1, at(START), VISIBILITY).await.unwrap_err();
        assert_eq!(error.fault(), fault, "{error}");
        let name = code.rsplit('.').next().unwrap();
        assert!(error.to_string().contains(name), "{error} names {name}");
        assert!(!error.to_string().contains("127.0.0.1"), "{error}");
    }
    for (code, fault) in [
        ("NotFound", Fault::Misconfigured),
        ("AuthorizationError", Fault::Misconfigured),
        ("Throttled", Fault::Throttled),
        ("InternalError", Fault::Unavailable),
        ("InvalidParameter", Fault::Invalid),
    ] {
        place.fail(&json!([refusal("PublishBatch", code)]));
        let error = place.bus().publish(&[event(1)]).await.remove(0).unwrap_err();
        assert_eq!(error.fault(), fault, "{error}");
    }
}

#[tokio::test]
async fn answers_that_cannot_be_read_are_errors() {
    let place = Place::new().await;
    let queue = place.queue();
    for (status, body) in [
        (200, "no JSON"),
        (200, "[]"),
        (200, "{\"Messages\":[{\"Body\":7}]}"),
        (302, ""),
        (404, "<html>"),
        (500, ""),
    ] {
        place.fail(&json!([{"action": "ReceiveMessage", "status": status, "body": body}]));
        let answer = queue.receive(QUEUE, 1, at(START), VISIBILITY).await;
        assert!(answer.is_err(), "{status} {body}");
    }
    // A message that cannot be settled is none.
    place.fail(&json!([{"action": "ReceiveMessage", "body": "{\"Messages\":[{\"Body\":\"{}\"}, {}]}"}]));
    assert!(queue.receive(QUEUE, 1, at(START), VISIBILITY).await.unwrap().is_empty());
}

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port())
}

/// One who listens and never answers.
fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(1..) = client.read(&mut buffer) {}
                let _ = client.write_all(b"");
            });
        }
    });
    address
}

async fn at_address(endpoint: &str) -> (SnsBus, SqsQueue) {
    let place = Place::new().await;
    let mut options = AwsOptions::new(&place.region);
    options.endpoint = Some(endpoint.to_owned());
    options.timeout = Duration::from_millis(500);
    options.credentials = Some(AwsCredentials {
        access_key_id: "key".to_owned(),
        secret_access_key: "s3cr3t".to_owned().into(),
        session_token: None,
    });
    let aws = Aws::new(options).await;
    let queue = SqsQueue::new(aws.clone(), place.urls(), place.clock.clone());
    (SnsBus::new(aws, place.topics()), queue)
}

#[tokio::test]
async fn who_is_not_there_or_does_not_answer_is_unavailable_within_the_limit() {
    for endpoint in [nobody(), silent()] {
        let (bus, queue) = at_address(&endpoint).await;
        let now = at(START);
        let all = async {
            let one = Which::Ids(vec!["1".to_owned()]);
            let events = [event(1)];
            let (received, published, stands, dead, replayed, discarded, probed) = tokio::join!(
                queue.receive(QUEUE, 1, now, VISIBILITY),
                bus.publish(&events),
                queue.standing(QUEUE, now),
                queue.dead_letters(QUEUE, 10),
                queue.replay(QUEUE, &one),
                queue.discard(QUEUE, &Which::All),
                bus.probe(),
            );
            let mut errors: Vec<PortError> = published.into_iter().map(Result::unwrap_err).collect();
            errors.extend([received.unwrap_err(), stands.unwrap_err(), dead.unwrap_err()]);
            errors.extend([replayed.unwrap_err(), discarded.unwrap_err(), probed.unwrap_err()]);
            errors
        };
        for error in timeout(BOUND, all).await.expect("calls end in a bounded time") {
            assert_eq!(error.fault(), Fault::Unavailable, "{error}");
            assert!(!format!("{error:?}").contains("s3cr3t"));
        }
    }
}

#[tokio::test]
async fn they_are_probes() {
    let place = Place::new().await;
    let (bus, queue) = at_address(&nobody()).await;
    contract::probe(&place.queue(), &queue).await;
    contract::probe(&place.bus(), &bus).await;
    let shown = format!("{bus:?}{queue:?}{:?}", place.aws);
    assert!(!shown.contains("s3cr3t"), "{shown}");
    // A queue that was deleted, or its dead-letter queue.
    let dead = format!("{}-dlq", place.url(Queue::Intro));
    place.sqs("DeleteQueue", &json!({"QueueUrl": dead}));
    let error = place.queue().probe().await.unwrap_err();
    assert_eq!(error.fault(), Fault::Misconfigured);
    assert!(error.to_string().contains("dead-letter queue of intro"), "{error}");
}
