//! What lies in a queue may be anything, in either form, in any order and more than once.

use dripr_core::{
    events::{Event, Queue},
    ports::{Delivery, EventQueue},
};
use serde_json::{Value, json};

use super::place::{Place, QUEUE, START, VISIBILITY, at, event, number, numbers};

fn python(status: &str) -> String {
    json!({"event_type": "STATUS_CHANGE", "payload": {"campaign_id": "42", "zip_code": "98103",
        "from_status": "DORMANT", "to_status": status, "timestamp": "2026-03-12T15:00:00Z", "more": [{}]}})
    .to_string()
}

async fn receive(place: &Place, queue: Queue) -> Vec<Delivery> {
    place.queue().receive(queue, 100, at(START), VISIBILITY).await.unwrap()
}

fn id(delivery: &Delivery) -> &str {
    delivery.event().unwrap().id().unwrap().as_str()
}

#[tokio::test]
async fn an_event_without_an_id_gets_that_of_its_message_for_good() {
    let place = Place::new().await;
    // Raw: the id of the message in its queue.
    let sent = place.sqs(
        "SendMessage",
        &json!({"QueueUrl": place.url(QUEUE), "MessageBody": python("READY_TO_SEND_EMAIL")}),
    );
    let got = receive(&place, QUEUE).await;
    assert_eq!(id(&got[0]), sent["MessageId"].as_str().unwrap());
    // Enveloped: SNS's, which is the same in each queue and with each delivery.
    let topic = place.topics().campaigns;
    let answer = place.sns("Publish", &[("TopicArn", &topic), ("Message", &python("FETCHING"))]);
    let published = answer.split_once("<MessageId>").unwrap().1.split_once('<').unwrap().0.to_owned();
    for queue in [Queue::Intro, Queue::RecentSales, Queue::PropertyValuation] {
        let got = receive(&place, queue).await;
        assert_eq!(
            (got.len(), id(&got[0])),
            (1, published.as_str()),
            "an older name of a status wakes {queue} too"
        );
    }
}

#[tokio::test]
async fn an_event_that_wakes_others_only_is_deleted_unseen() {
    let place = Place::new().await;
    place.send(QUEUE, &python("WAITING_FOR_DATA"));
    place.send(QUEUE, &python("UNSUBSCRIBED"));
    place.send(QUEUE, &serde_json::to_string(&event(7)).unwrap());
    assert_eq!(numbers(&receive(&place, QUEUE).await), [7]);
    assert_eq!(place.count(place.url(QUEUE)), 1);
}

#[tokio::test]
async fn what_comes_twice_and_in_any_order_is_delivered_as_it_comes() {
    let place = Place::new().await;
    let body = |number| serde_json::to_string(&event(number)).unwrap();
    for number in [3, 1, 2, 1, 3] {
        place.send(QUEUE, &body(number));
    }
    let got = receive(&place, QUEUE).await;
    assert_eq!(got.iter().map(number).collect::<Vec<_>>(), [3, 1, 2, 1, 3]);
    let queue = place.queue();
    // Another process has them; to settle them here changes nothing.
    queue.settle(got.into_iter().map(Delivery::done).collect(), at(START)).await.unwrap();
    assert_eq!(place.count(place.url(QUEUE)), 5);
}

#[tokio::test]
async fn a_body_that_is_no_event_is_delivered_as_such_and_can_be_parked() {
    let place = Place::new().await;
    let envelope =
        |message: Value| json!({"Type": "Notification", "MessageId": "x", "Message": message}).to_string();
    let deep = "[".repeat(50_000);
    let hostile = [
        "{}".to_owned(),
        "null".to_owned(),
        "\u{feff}{\"event_type\": 1}".to_owned(),
        "{\"event_type\":\"STATUS_CHANGE\",\"payload\":{}}".to_owned(),
        "{\"event_type\":\"DROP TABLE\",\"payload\":{}}".to_owned(),
        envelope(json!("")),
        envelope(json!({"event_type": "STATUS_CHANGE"})),
        envelope(json!(envelope(json!(python("READY_TO_SEND_EMAIL"))))),
        json!({"Type": "SubscriptionConfirmation", "SubscribeURL": "http://127.0.0.1/"}).to_string(),
        python("READY_TO_SEND_EMAIL").replace("\"42\"", "\"../../42\""),
        python("READY_TO_SEND_EMAIL").replace("98103", "9810"),
        python("NO_STATUS"),
        deep,
        "\u{1F3E0}\u{202e}\t\r\n".to_owned(),
    ];
    for body in &hostile {
        place.send(QUEUE, body);
    }
    let queue = place.queue();
    let now = at(START);
    let all = queue.receive(QUEUE, 100, now, VISIBILITY).await.unwrap();
    assert_eq!(all.len(), hostile.len());
    for delivery in &all {
        assert!(!delivery.event().unwrap_err().is_empty());
    }
    queue.settle(all.into_iter().map(|one| one.park("no event")).collect(), now).await.unwrap();
    assert_eq!(place.count(place.url(QUEUE)), 0);
    use dripr_core::ports::QueueDesk;
    let dead = queue.dead_letters(QUEUE, 100).await.unwrap();
    let mut parked: Vec<_> =
        dead.into_iter().map(|letter| String::from_utf8(letter.payload).unwrap()).collect();
    let mut expected = hostile.to_vec();
    parked.sort();
    expected.sort();
    assert_eq!(parked, expected, "each is kept as it came");
}

#[tokio::test]
async fn a_queue_that_is_nowhere_is_told_by_its_variable() {
    let place = Place::new().await;
    let none =
        dripr_adapters::sns_sqs::SqsQueue::new(place.aws.clone(), Default::default(), place.clock.clone());
    let error = none.receive(Queue::Intro, 1, at(START), VISIBILITY).await.unwrap_err();
    assert!(error.to_string().contains("SQS_INTRO_QUEUE_URL"), "{error}");
    assert!(matches!(event(1), Event::StatusChanged(_)));
}
