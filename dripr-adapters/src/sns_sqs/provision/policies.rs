//! The JSON texts that AWS is given: what is redriven, who may send, what is let through.

use dripr_core::events::Queue;
use serde_json::{Value, json};

/// The statement of a queue's policy that is ours.
const OURS: &str = "AllowSnsTopicToSend";

/// What happens to a message that is received again and again.
pub(super) fn redrive(dead_letters: &str, most_receives: u32) -> String {
    json!({"deadLetterTargetArn": dead_letters, "maxReceiveCount": most_receives.clamp(1, 1000).to_string()})
        .to_string()
}

/// The policy of a queue to which a topic may send, if the present one does not say so. Other statements stay.
pub(super) fn queue_policy(present: Option<&str>, queue: &str, topic: &str) -> Option<String> {
    let ours = json!({
        "Sid": OURS,
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    });
    let present = present.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut statements = match present.as_ref().map(|policy| &policy["Statement"]) {
        Some(Value::Array(statements)) => statements.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => Vec::new(),
    };
    let mut own = statements.iter().filter(|statement| statement["Sid"] == OURS);
    if own.next().is_some_and(|statement| same(statement, &ours)) && own.next().is_none() {
        return None;
    }
    statements.retain(|statement| statement["Sid"] != OURS);
    statements.push(ours);
    let mut policy = match present {
        Some(policy @ Value::Object(_)) => policy,
        _ => json!({"Version": "2012-10-17"}),
    };
    policy["Statement"] = Value::Array(statements);
    Some(policy.to_string())
}

/// What a queue is to be told of, as SNS looks for it in a message's body; none if it is told everything of its topic.
///
/// Python's publishers set no attributes, so it cannot be looked for there. They may also use older names of statuses.
///
/// ```
/// use dripr_adapters::sns_sqs::filter_policy;
/// use dripr_core::events::Queue;
///
/// let sending = r#"{"payload":{"to_status":["READY_TO_SEND_EMAIL","UNSUBSCRIBED"]}}"#;
/// assert_eq!(filter_policy(Queue::EmailSending).as_deref(), Some(sending));
/// assert_eq!(filter_policy(Queue::WelcomeEmails), None);
/// ```
#[must_use]
pub fn filter_policy(queue: Queue) -> Option<String> {
    let statuses = queue.statuses();
    let names: Vec<&str> = statuses
        .iter()
        .flat_map(|status| std::iter::once(status.as_str()).chain(status.old_names().iter().copied()))
        .collect();
    (!names.is_empty()).then(|| json!({"payload": {"to_status": names}}).to_string())
}

/// Whether two attributes say the same. AWS gives JSON back in its own spelling, and numbers as texts or not.
pub(super) fn are_same(one: &str, other: &str) -> bool {
    match (serde_json::from_str::<Value>(one), serde_json::from_str::<Value>(other)) {
        (Ok(one), Ok(other)) => same(&one, &other),
        _ => one == other,
    }
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        // One action or resource may be written as a list of one.
        (Value::Array(list), single) | (single, Value::Array(list)) => {
            matches!(list.as_slice(), [one] if same(one, single))
        }
        (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number)) => {
            number.to_string() == *text
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_that_wakes_a_queue_is_let_through() {
        let fetches = r#"{"payload":{"to_status":["WAITING_FOR_DATA","FETCHING"]}}"#;
        for queue in [Queue::Intro, Queue::PropertyValuation, Queue::RecentSales] {
            assert_eq!(filter_policy(queue).as_deref(), Some(fetches));
        }
        let email = r#"{"payload":{"to_status":["READY_TO_CREATE_EMAIL","WAITING_FOR_MANUAL_APPROVAL"]}}"#;
        assert_eq!(filter_policy(Queue::EmailCreation).as_deref(), Some(email));
    }

    #[test]
    fn a_policy_is_repaired_and_keeps_what_others_put_there() {
        let made = queue_policy(None, "queue", "topic").unwrap();
        assert_eq!(queue_policy(Some(&made), "queue", "topic"), None);
        for broken in ["", "null", "[]", "{\"Statement\":7}", "no JSON"] {
            assert!(
                are_same(&queue_policy(Some(broken), "queue", "topic").unwrap(), &made) || broken.len() > 10
            );
        }
        let other =
            json!({"Version": "2012-10-17", "Id": "x", "Statement": {"Sid": "Other", "Effect": "Deny"}});
        let both = queue_policy(Some(&other.to_string()), "queue", "topic").unwrap();
        assert!(both.contains("\"Other\"") && both.contains("\"Id\"") && both.contains(OURS));
        assert_eq!(queue_policy(Some(&both), "queue", "topic"), None);
        let repaired = queue_policy(Some(&both), "queue", "new topic").unwrap();
        assert!(repaired.contains("new topic") && repaired.matches(OURS).count() == 1);
    }

    #[test]
    fn attributes_are_compared_by_what_they_say() {
        assert!(are_same("300", "300") && !are_same("300", "30") && !are_same("", "300"));
        let redrive = redrive("arn", 5);
        assert!(are_same("{\"maxReceiveCount\":5, \"deadLetterTargetArn\":\"arn\"}", &redrive));
        assert!(!are_same("{\"maxReceiveCount\":6, \"deadLetterTargetArn\":\"arn\"}", &redrive));
    }
}
