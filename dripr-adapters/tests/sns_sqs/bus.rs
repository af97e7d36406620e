use std::collections::BTreeSet;

use dripr_core::{
    errors::Fault,
    events::{Event, Queue},
    ports::{EventBus, EventQueue, Probe},
    testkit::{contract, samples},
};
use serde_json::json;

use super::place::{Place, QUEUE, START, VISIBILITY, at, event, numbers};

#[tokio::test]
async fn it_is_an_event_bus() {
    let place = Place::new().await;
    // Published by one process, received by another.
    contract::event_bus(&place.bus(), &place.clocked()).await;
}

#[tokio::test]
async fn events_go_ten_at_a_time_to_their_topics() {
    let place = Place::new().await;
    let agent = samples::agent("agent", at(START)).unwrap();
    let mut events: Vec<Event> = (0..23).map(event).collect();
    events.insert(5, Event::UserCreated(samples::user_created(&agent)));
    let answers = place.bus().publish(&events).await;
    assert!(answers.len() == 24 && answers.iter().all(Result::is_ok));
    assert_eq!(place.calls("PublishBatch"), 4, "three for campaigns and one for agents");
    let queue = place.queue();
    let got = queue.receive(QUEUE, 100, at(START), VISIBILITY).await.unwrap();
    assert_eq!(numbers(&got), (0..23).collect::<Vec<_>>());
    let welcomed = queue.receive(Queue::WelcomeEmails, 10, at(START), VISIBILITY).await.unwrap();
    assert_eq!(welcomed.len(), 1);
}

#[tokio::test]
async fn what_is_published_carries_its_kind_and_status() {
    let place = Place::new().await;
    assert!(place.bus().publish(&[event(1)]).await.remove(0).is_ok());
    let asked = json!({"QueueUrl": place.url(QUEUE), "MaxNumberOfMessages": 1});
    let got = place.sqs("ReceiveMessage", &asked);
    let body: serde_json::Value = serde_json::from_str(got["Messages"][0]["Body"].as_str().unwrap()).unwrap();
    let attributes = &body["MessageAttributes"];
    assert_eq!(attributes["event_type"], json!({"Type": "String", "Value": "STATUS_CHANGE"}));
    assert_eq!(attributes["to_status"], json!({"Type": "String", "Value": "READY_TO_SEND_EMAIL"}));
}

#[tokio::test]
async fn each_event_is_told_what_became_of_it() {
    let place = Place::new().await;
    place.fail(&json!([
        {"action": "PublishBatch", "fail": {"2": "InternalError", "7": "InvalidParameter"}},
        {"action": "PublishBatch", "status": 429, "code": "Throttled"},
    ]));
    // One call after the other, so that it is known which fails.
    let bus = place.bus();
    let first = bus.publish(&(0..10).map(event).collect::<Vec<_>>()).await;
    let failed: Vec<_> =
        first.iter().enumerate().filter_map(|(n, one)| Some((n, one.as_ref().err()?))).collect();
    assert_eq!(failed.len(), 2);
    assert_eq!((failed[0].0, failed[0].1.fault()), (2, Fault::Unavailable));
    assert_eq!((failed[1].0, failed[1].1.fault()), (7, Fault::Invalid));
    assert!(failed[0].1.to_string().contains("InternalError"));
    let second = bus.publish(&[event(10), event(11)]).await;
    assert!(second.iter().all(|one| one.as_ref().unwrap_err().fault() == Fault::Throttled));
    let got = place.queue().receive(QUEUE, 100, at(START), VISIBILITY).await.unwrap();
    let expected: BTreeSet<u64> = (0..10).filter(|number| ![2, 7].contains(number)).collect();
    assert_eq!(numbers(&got).into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn an_event_that_is_too_long_fails_alone() {
    let place = Place::new().await;
    let agent = samples::agent("agent", at(START)).unwrap();
    let mut long = samples::user_created(&agent);
    long.first_name = "\u{1F3E0}".repeat(70_000);
    let answers = place.bus().publish(&[event(1), Event::UserCreated(long), event(2)]).await;
    assert!(answers[0].is_ok() && answers[2].is_ok());
    let error = answers[1].as_ref().unwrap_err();
    assert_eq!(error.fault(), Fault::Invalid);
    assert!(error.to_string().len() < 200, "nothing of it is repeated");
}

#[tokio::test]
async fn topics_that_are_not_there_are_told() {
    let place = Place::new().await;
    place.bus().probe().await.unwrap();
    place.queue().probe().await.unwrap();
    let elsewhere = Place::bare().await;
    let bus = dripr_adapters::sns_sqs::SnsBus::new(elsewhere.aws.clone(), place.topics());
    let error = bus.probe().await.unwrap_err();
    assert_eq!(error.fault(), Fault::Misconfigured, "{error}");
}
