use dripr_adapters::sns_sqs::Provision;
use dripr_core::{
    events::Queue,
    ports::{EventQueue, Probe},
};
use serde_json::{Value, json};

use super::{
    place::{Place, QUEUE, START, VISIBILITY, at},
    queue::publish,
};

fn dev() -> Provision {
    Provision { suffix: "-dev".to_owned(), ..Provision::default() }
}

fn attributes(place: &Place, url: &str) -> Value {
    place.sqs("GetQueueAttributes", &json!({"QueueUrl": url, "AttributeNames": ["All"]}))["Attributes"]
        .clone()
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_made_and_makes_nothing() {
    let mut place = Place::bare().await;
    let dry = Provision { dry_run: true, ..dev() };
    let first = place.provision(&dry).await;
    // Two topics, and for each queue itself, its dead-letter queue, who may send, and its subscription.
    assert_eq!(first.changes.len(), 2 + 4 * Queue::ALL.len(), "{:#?}", first.changes);
    assert!(first.environment.is_empty(), "there is nothing to be told yet");
    assert_eq!(place.provision(&dry).await, first);
    for action in ["CreateQueue", "CreateTopic", "Subscribe", "SetQueueAttributes"] {
        assert_eq!(place.calls(action), 0, "{action}");
    }
    let made = place.provision(&dev()).await;
    assert_eq!(made.changes.len(), first.changes.len(), "{:#?}", made.changes);
    let after = place.provision(&dry).await;
    assert!(after.changes.is_empty(), "{:#?}", after.changes);
    assert_eq!(after.environment, made.environment);
}

#[tokio::test]
async fn what_is_made_works_and_making_it_again_changes_nothing() {
    let mut place = Place::bare().await;
    let made = place.provision(&dev()).await;
    assert_eq!(made.environment.len(), 2 + Queue::ALL.len());
    assert!(place.url(QUEUE).ends_with("/dripr-email-sending-queue-dev"));
    assert!(place.topics().campaigns.ends_with(":dripr-campaign-events-topic-dev"));
    place.queue().probe().await.unwrap();
    place.bus().probe().await.unwrap();
    let calls = place.calls("SetQueueAttributes");
    let again = place.provision(&dev()).await;
    assert!(again.changes.is_empty(), "{:#?}", again.changes);
    assert_eq!(again.environment, made.environment);
    assert_eq!((place.calls("CreateTopic"), place.calls("SetQueueAttributes")), (2, calls));
    publish(&place, [1]).await;
    assert_eq!(place.queue().receive(QUEUE, 10, at(START), VISIBILITY).await.unwrap().len(), 1);
    let of = attributes(&place, place.url(QUEUE));
    assert_eq!(of["VisibilityTimeout"], "300");
    let redrive: Value = serde_json::from_str(of["RedrivePolicy"].as_str().unwrap()).unwrap();
    let dead = redrive["deadLetterTargetArn"].as_str().unwrap();
    assert!(dead.ends_with(":dripr-email-sending-queue-dev-dlq"), "{dead}");
    let policy: Value = serde_json::from_str(of["Policy"].as_str().unwrap()).unwrap();
    let source = &policy["Statement"][0]["Condition"]["ArnEquals"]["aws:SourceArn"];
    assert_eq!(source, place.topics().campaigns.as_str());
    // Another deployment stands beside it.
    let other = place.provision(&Provision { suffix: "-prod".to_owned(), ..Provision::default() }).await;
    assert_eq!(other.changes.len(), 2 + 4 * Queue::ALL.len());
}

#[tokio::test]
async fn what_others_broke_is_repaired_and_what_they_added_stays() {
    let mut place = Place::bare().await;
    place.provision(&dev()).await;
    let url = place.url(QUEUE).to_owned();
    let theirs = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "sqs:DeleteQueue", "Resource": "*"},
        {"Sid": "AllowSnsTopicToSend", "Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"},
    ]});
    let broken = json!({"QueueUrl": url, "Attributes": {
        "Policy": theirs.to_string(), "VisibilityTimeout": "30", "RedrivePolicy": ""}});
    place.sqs("SetQueueAttributes", &broken);
    let repaired = place.provision(&dev()).await;
    assert_eq!(repaired.changes.len(), 3, "{:#?}", repaired.changes);
    let of = attributes(&place, &url);
    let policy: Value = serde_json::from_str(of["Policy"].as_str().unwrap()).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 2);
    assert_eq!(
        (&statements[0]["Sid"], &statements[1]["Action"]),
        (&json!("Theirs"), &json!("sqs:SendMessage"))
    );
    assert_eq!(of["VisibilityTimeout"], "300");
    assert!(of["RedrivePolicy"].as_str().unwrap().contains("-dlq"));
    assert!(place.provision(&dev()).await.changes.is_empty());
}

#[tokio::test]
async fn subscriptions_are_made_as_they_should_be() {
    let mut place = Place::bare().await;
    place.provision(&dev()).await;
    let topic = place.topics().campaigns;
    let listed = place.sns("ListSubscriptionsByTopic", &[("TopicArn", &topic)]);
    let arns: Vec<&str> =
        listed.split("<SubscriptionArn>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!(arns.len(), Queue::ALL.len() - 1);
    // One that looks at attributes, as somebody may have made it; one that is raw; one that is gone.
    let set = |arn: &str, name: &str, value: &str| {
        let asked = [("SubscriptionArn", arn), ("AttributeName", name), ("AttributeValue", value)];
        place.sns("SetSubscriptionAttributes", &asked);
    };
    set(arns[0], "FilterPolicyScope", "MessageAttributes");
    set(arns[0], "FilterPolicy", "{\"to_status\":[\"WAITING_FOR_DATA\"]}");
    set(arns[1], "RawMessageDelivery", "true");
    place.sns("Unsubscribe", &[("SubscriptionArn", arns[2])]);
    let repaired = place.provision(&dev()).await;
    assert_eq!(repaired.changes.len(), 4, "{:#?}", repaired.changes);
    assert!(place.provision(&dev()).await.changes.is_empty());
    let raw = place.provision(&Provision { raw_delivery: true, ..dev() }).await;
    assert_eq!(raw.changes.len(), Queue::ALL.len(), "{:#?}", raw.changes);
}
