//! A message as it comes: the event inside SNS's envelope, or raw, as the subscription has it.

use std::collections::HashMap;

use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName};
use dripr_core::{
    events::{Event, Queue},
    ids::EventId,
    ports::{Delivery, Receipt},
};
use serde::Deserialize;

/// The attribute of a message that was parked or replayed: under which id its message was known before.
pub(super) const MESSAGE_ID: &str = "message_id";

/// A message that was received and can be settled.
#[derive(Clone)]
pub(super) struct Received {
    pub(super) receipt: Receipt,
    pub(super) receive_count: u32,
    /// The id under which the message is known, which a raw event without an id gets.
    pub(super) message_id: String,
    pub(super) body: String,
}

impl Received {
    /// The message, if it can be settled at all.
    pub(super) fn new(queue: Queue, message: Message) -> Option<Self> {
        let id = message.receipt_handle?;
        let receive_count =
            system_number(message.attributes.as_ref(), &MessageSystemAttributeName::ApproximateReceiveCount)
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or(1);
        let earlier = text(message.message_attributes.as_ref(), MESSAGE_ID);
        let message_id = earlier.map(str::to_owned).or(message.message_id).unwrap_or_default();
        Some(Self {
            receipt: Receipt { queue, id, fence: u64::from(receive_count) },
            receive_count,
            message_id,
            body: message.body.unwrap_or_default(),
        })
    }

    /// The delivery, or the receipt of a message that this queue has no use for: its event says itself that it wakes
    /// others only. A filter by status lets some of these through.
    pub(super) fn delivery(&self) -> Result<Delivery, &Receipt> {
        let event = event(&self.body, &self.message_id);
        if event.as_ref().is_ok_and(|event| !Queue::woken_by(event).contains(&self.receipt.queue)) {
            return Err(&self.receipt);
        }
        Ok(Delivery::new(self.receipt.clone(), event, self.receive_count))
    }
}

/// SNS's envelope, of which only this counts.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Message")]
    message: String,
    #[serde(rename = "MessageId", default)]
    message_id: Option<String>,
}

/// The event of a body. One that has no id gets SNS's of its envelope, or else that of its message.
pub(super) fn event(body: &str, message_id: &str) -> Result<Event, String> {
    let envelope =
        serde_json::from_str::<Envelope>(body).ok().filter(|envelope| envelope.kind == "Notification");
    let (text, id) = match &envelope {
        Some(envelope) => (envelope.message.as_str(), envelope.message_id.as_deref().unwrap_or(message_id)),
        None => (body, message_id),
    };
    let event = serde_json::from_str::<Event>(text).map_err(|error| error.to_string())?;
    Ok(event.or_id(|| EventId::new(id).ok()))
}

/// A text among a message's attributes.
pub(super) fn text<'a>(
    attributes: Option<&'a HashMap<String, MessageAttributeValue>>,
    name: &str,
) -> Option<&'a str> {
    attributes?.get(name)?.string_value()
}

/// A number among the attributes that the service gives a message.
pub(super) fn system_number(
    attributes: Option<&HashMap<MessageSystemAttributeName, String>>,
    name: &MessageSystemAttributeName,
) -> Option<u64> {
    attributes?.get(name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"event_type":"STATUS_CHANGE","payload":{"campaign_id":"42","zip_code":"98103",
        "from_status":"DORMANT","to_status":"FETCHING","timestamp":"2026-03-01T16:00:00Z","extra":[1]}}"#;

    fn enveloped(message: &str) -> String {
        serde_json::json!({"Type": "Notification", "MessageId": "sns-1", "Message": message, "Signature": "x"})
            .to_string()
    }

    #[test]
    fn both_forms_are_read_and_get_an_id() {
        let id = |body: &str| event(body, "sqs-1").unwrap().id().unwrap().as_str().to_owned();
        assert_eq!(id(EVENT), "sqs-1");
        assert_eq!(id(&enveloped(EVENT)), "sns-1");
        let with_id = EVENT.replace("\"extra\"", "\"event_id\":\"own\",\"extra\"");
        assert_eq!(id(&with_id), "own");
        assert_eq!(id(&enveloped(&with_id)), "own");
    }

    #[test]
    fn what_is_no_event_is_an_error_and_never_a_panic() {
        let twice = enveloped(&enveloped(EVENT));
        let subscribed = enveloped(EVENT).replace("Notification", "SubscriptionConfirmation");
        let deep = "[".repeat(100_000);
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "\u{0}",
            "\"x\"",
            &twice,
            &subscribed,
            &deep,
            &enveloped(""),
            "{\"Type\":1}",
        ] {
            assert!(event(body, "sqs-1").is_err(), "{}", body.chars().take(80).collect::<String>());
        }
        assert_eq!(event(EVENT, "no id of ours!").unwrap().id(), None);
    }
}
