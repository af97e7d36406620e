//! Python's services on the same topics and queues: what they publish is understood, and they understand what is published.

use std::process::Command;

use dripr_core::{
    events::{Event, Queue},
    ports::{Delivery, EventBus, EventQueue},
    testkit::samples,
};
use serde_json::Value;

use super::{
    place::{Place, START, VISIBILITY, at, event},
    service::port,
};

fn python(place: &Place, command: &str) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sns_sqs/python_service.py");
    let output = Command::new("python3")
        .args([script, command])
        .envs(&place.environment)
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", port()))
        .env("AWS_DEFAULT_REGION", &place.region)
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "s3cr3t")
        .output()
        .expect("these tests need python3 with boto3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn receive(place: &Place, queue: Queue) -> Vec<Delivery> {
    place.queue().receive(queue, 100, at(START), VISIBILITY).await.unwrap()
}

#[tokio::test]
async fn what_python_publishes_reaches_the_queues_that_it_wakes_and_no_other() {
    let place = Place::new().await;
    let published: Value = serde_json::from_str(&python(&place, "publish")).unwrap();
    let id_of = |status: &str| published[status].as_str().unwrap().to_owned();
    for (queue, status) in [
        (Queue::LocalMarketUpdates, "WAITING_FOR_DATA"),
        (Queue::ActiveListings, "WAITING_FOR_DATA"),
        (Queue::RecentSales, "WAITING_FOR_DATA"),
        (Queue::PropertyValuation, "WAITING_FOR_DATA"),
        (Queue::Intro, "WAITING_FOR_DATA"),
        (Queue::HomeReport, "WAITING_FOR_HOME_ANALYSIS"),
        (Queue::EmailCreation, "READY_TO_CREATE_EMAIL"),
        (Queue::EmailSending, "READY_TO_SEND_EMAIL"),
        (Queue::WelcomeEmails, "USER_CREATED"),
    ] {
        let expected = if queue == Queue::EmailSending { 2 } else { 1 };
        assert_eq!(place.count(place.url(queue)), expected, "the filter spares {queue} what it would ignore");
        let got = receive(&place, queue).await;
        assert_eq!(got.len(), 1, "{queue}");
        let event = got[0].event().unwrap();
        assert_eq!(event.id().unwrap().as_str(), id_of(status));
        match event {
            Event::StatusChanged(change) => assert_eq!(change.to_status.as_str(), status),
            Event::UserCreated(created) => assert_eq!(created.first_name, "Ana"),
        }
    }
}

#[tokio::test]
async fn python_understands_what_is_published() {
    let place = Place::new().await;
    let agent = samples::agent("agent", at(START)).unwrap();
    let events = [event(1), Event::UserCreated(samples::user_created(&agent))];
    for answer in place.bus().publish(&events).await {
        answer.unwrap();
    }
    let consumed: Value = serde_json::from_str(&python(&place, "consume")).unwrap();
    let sending = &consumed["SQS_EMAIL_SENDING_QUEUE_URL"];
    assert_eq!(sending[0]["event_type"], "STATUS_CHANGE");
    assert_eq!(sending[0]["payload"]["campaign_id"], "campaign");
    assert_eq!(sending[0]["payload"]["to_status"], "READY_TO_SEND_EMAIL");
    let welcome = &consumed["SQS_WELCOME_EMAILS_QUEUE_URL"];
    assert_eq!(welcome[0]["payload"]["user_id"], "agent");
    assert_eq!(consumed["SQS_INTRO_QUEUE_URL"].as_array().unwrap().len(), 0);
}
