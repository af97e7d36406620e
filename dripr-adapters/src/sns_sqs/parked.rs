//! A message in a dead-letter queue: as it came, with what is known of it as attributes. One that the queue itself took
//! away, after more receives than its redrive policy allows, has none.

use aws_sdk_sqs::{
    error::BuildError,
    types::{Message, MessageAttributeValue, MessageSystemAttributeName, SendMessageBatchRequestEntry},
};
use dripr_core::{ports::DeadLetter, schedule::Instant};

use super::message::{MESSAGE_ID, Received, system_number, text};

const CAUSE: &str = "cause";
const RECEIVE_COUNT: &str = "receive_count";
const PARKED_AT: &str = "parked_at";

/// The longest cause that is kept, in bytes.
const LONGEST_CAUSE: usize = 2_000;
/// More bytes than all attributes together have.
pub(super) const MOST_ATTRIBUTES: usize = LONGEST_CAUSE + 500;

/// A message to be parked, as an entry of a batch.
pub(super) fn entry(
    index: usize,
    message: &Received,
    cause: &str,
    now: Instant,
) -> Result<SendMessageBatchRequestEntry, BuildError> {
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(&message.body)
        .message_attributes(CAUSE, string(sayable(cause))?)
        .message_attributes(RECEIVE_COUNT, string(message.receive_count.to_string())?)
        .message_attributes(PARKED_AT, string(now.to_rfc3339())?)
        .message_attributes(MESSAGE_ID, string(sayable(&message.message_id))?)
        .build()
}

/// What was parked, to be delivered again, as an entry of a batch.
pub(super) fn replayed(index: usize, message: &Message) -> Result<SendMessageBatchRequestEntry, BuildError> {
    let earlier = text(message.message_attributes.as_ref(), MESSAGE_ID).or(message.message_id());
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(message.body().unwrap_or_default())
        .message_attributes(MESSAGE_ID, string(sayable(earlier.unwrap_or_default()))?)
        .build()
}

/// What was parked, for people.
pub(super) fn letter(message: &Message) -> DeadLetter {
    let attribute = |name| text(message.message_attributes.as_ref(), name);
    // Looking receives too: where it was not written down, the count is too high by how often somebody looked.
    let received =
        system_number(message.attributes.as_ref(), &MessageSystemAttributeName::ApproximateReceiveCount);
    let own_count = attribute(RECEIVE_COUNT).and_then(|count| count.parse().ok());
    let counted = || u32::try_from(received.unwrap_or_default().saturating_sub(1)).unwrap_or(u32::MAX);
    DeadLetter {
        id: message.message_id().unwrap_or_default().to_owned(),
        cause: attribute(CAUSE).map(str::to_owned),
        receive_count: own_count.unwrap_or_else(counted),
        parked_at: attribute(PARKED_AT).and_then(|at| at.parse().ok()),
        payload: message.body().unwrap_or_default().as_bytes().to_vec(),
    }
}

fn string(value: String) -> Result<MessageAttributeValue, BuildError> {
    MessageAttributeValue::builder().data_type("String").string_value(value).build()
}

/// A text that an attribute may hold: not empty, not too long, and no character that XML does not know.
fn sayable(text: &str) -> String {
    let known = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let mut said = String::new();
    for c in text.chars() {
        if said.len() + c.len_utf8() > LONGEST_CAUSE {
            break;
        }
        said.push(if known(c) { c } else { '\u{fffd}' });
    }
    if said.is_empty() { "unknown".to_owned() } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cause_can_be_said() {
        assert_eq!(sayable("Größe\n\u{1F3E0}"), "Größe\n\u{1F3E0}");
        assert_eq!(sayable("a\u{0}b\u{ffff}c\u{1b}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(sayable(""), "unknown");
        assert!(sayable(&"\u{1F3E0}".repeat(10_000)).len() <= LONGEST_CAUSE);
    }
}
