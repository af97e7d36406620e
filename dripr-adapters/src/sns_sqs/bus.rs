use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::Event,
    ports::{EventBus, Probe},
};
use futures_util::{StreamExt, stream};

use super::{
    Aws, Topics,
    fault::{of_code, sorted},
};

/// So many events are published with one call at the most.
const AT_ONCE: usize = 10;
/// So many bytes with their attributes, a little less than SNS takes.
const MOST_BYTES: usize = 256 * 1024 - 1024;
/// So many calls are under way at once.
const CALLS: usize = 4;

const DOING: &str = "publishing events";

/// Topics of SNS. Cheap to clone.
///
/// Campaigns' changes go to one topic and agents' accounts to the other, each with the attributes `event_type` and, where
/// there is one, `to_status`.
#[derive(Clone)]
pub struct SnsBus {
    aws: Aws,
    topics: Topics,
}

impl fmt::Debug for SnsBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SnsBus").field(&self.topics).finish()
    }
}

/// An event on its way.
struct Outgoing {
    /// Its place among those that are to be published.
    place: usize,
    text: String,
    event_type: &'static str,
    to_status: Option<&'static str>,
}

impl Outgoing {
    fn new(place: usize, event: &Event) -> PortResult<Self> {
        let text = serde_json::to_string(event).map_err(|error| {
            PortError::new(Fault::Invalid, "an event cannot be written as JSON").caused_by(error)
        })?;
        let (event_type, to_status) = match event {
            Event::StatusChanged(change) => ("STATUS_CHANGE", Some(change.to_status.as_str())),
            Event::UserCreated(_) => ("USER_CREATED", None),
        };
        let outgoing = Self { place, text, event_type, to_status };
        if outgoing.bytes() > MOST_BYTES {
            return Err(PortError::new(Fault::Invalid, "an event is longer than SNS takes it"));
        }
        Ok(outgoing)
    }

    fn bytes(&self) -> usize {
        // Names, kinds and values of the attributes count too.
        self.text.len() + 200
    }

    fn entry(&self, id: usize) -> PortResult<PublishBatchRequestEntry> {
        let mut entry = PublishBatchRequestEntry::builder()
            .id(id.to_string())
            .message(&self.text)
            .message_attributes("event_type", string(self.event_type)?);
        if let Some(to_status) = self.to_status {
            entry = entry.message_attributes("to_status", string(to_status)?);
        }
        entry.build().map_err(unbuilt)
    }
}

fn string(value: &str) -> PortResult<MessageAttributeValue> {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().map_err(unbuilt)
}

fn unbuilt(error: aws_sdk_sns::error::BuildError) -> PortError {
    PortError::new(Fault::Invalid, "a call to SNS cannot be made").caused_by(error)
}

/// What became of events, by their place.
type Told = HashMap<usize, PortResult<()>>;

/// As many as go with one call, in order.
fn batches(outgoing: Vec<Outgoing>) -> Vec<Vec<Outgoing>> {
    let mut batches: Vec<Vec<Outgoing>> = Vec::new();
    let mut bytes = 0;
    for one in outgoing {
        match batches.last_mut() {
            Some(last) if last.len() < AT_ONCE && bytes + one.bytes() <= MOST_BYTES => {
                bytes += one.bytes();
                last.push(one);
            }
            _ => {
                bytes = one.bytes();
                batches.push(vec![one]);
            }
        }
    }
    batches
}

impl SnsBus {
    /// The topics of an account.
    #[must_use]
    pub fn new(aws: Aws, topics: Topics) -> Self {
        Self { aws, topics }
    }

    async fn publish_batch(&self, topic: &str, some: Vec<Outgoing>) -> (PortResult<Told>, Vec<Outgoing>) {
        (self.publish_some(topic, &some).await, some)
    }

    async fn publish_some(&self, topic: &str, some: &[Outgoing]) -> PortResult<Told> {
        let mut call = self.aws.sns.publish_batch().topic_arn(topic);
        for (id, one) in some.iter().enumerate() {
            call = call.publish_batch_request_entries(one.entry(id)?);
        }
        let answer = call.send().await.map_err(|error| sorted(&error, DOING))?;
        let place =
            |id: Option<&str>| id.and_then(|id| some.get(id.parse::<usize>().ok()?)).map(|one| one.place);
        let published = answer.successful().iter().filter_map(|one| Some((place(one.id())?, Ok(()))));
        let failed = answer.failed().iter();
        let failed =
            failed.filter_map(|one| Some((place(Some(&one.id))?, Err(of_code(&one.code, None, DOING)))));
        Ok(published.chain(failed).collect())
    }
}

#[async_trait]
impl EventBus for SnsBus {
    async fn publish(&self, events: &[Event]) -> Vec<PortResult<()>> {
        let mut answers = HashMap::with_capacity(events.len());
        let (mut campaigns, mut users) = (Vec::new(), Vec::new());
        for (place, event) in events.iter().enumerate() {
            match Outgoing::new(place, event) {
                Ok(one) if matches!(event, Event::UserCreated(_)) => users.push(one),
                Ok(one) => campaigns.push(one),
                Err(error) => {
                    answers.insert(place, Err(error));
                }
            }
        }
        let topics = [(&self.topics.campaigns, campaigns), (&self.topics.users, users)];
        let calls: Vec<_> = topics
            .into_iter()
            .flat_map(|(topic, outgoing)| batches(outgoing).into_iter().map(move |some| (topic, some)))
            .map(|(topic, some)| self.publish_batch(topic, some))
            .collect();
        let mut published = stream::iter(calls).buffer_unordered(CALLS);
        while let Some((published, some)) = published.next().await {
            match published {
                Ok(published) => answers.extend(published),
                Err(error) => answers.extend(some.iter().map(|one| {
                    let error = PortError::new(error.fault(), error.to_string());
                    (one.place, Err(error))
                })),
            }
        }
        let unsaid = || {
            Err(PortError::new(Fault::Garbled, format!("AWS did not say what became of one while {DOING}")))
        };
        (0..events.len()).map(|place| answers.remove(&place).unwrap_or_else(unsaid)).collect()
    }
}

#[async_trait]
impl Probe for SnsBus {
    /// Asks for the attributes of both topics.
    async fn probe(&self) -> PortResult<()> {
        for topic in [&self.topics.campaigns, &self.topics.users] {
            let asked = self.aws.sns.get_topic_attributes().topic_arn(topic).send().await;
            asked.map_err(|error| sorted(&error, "looking at a topic"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(place: usize, bytes: usize) -> Outgoing {
        Outgoing { place, text: "x".repeat(bytes), event_type: "STATUS_CHANGE", to_status: None }
    }

    #[test]
    fn a_call_has_ten_entries_and_no_more_than_sns_takes() {
        let sizes = |all: Vec<Outgoing>| batches(all).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes((0..23).map(|place| outgoing(place, 10)).collect()), [10, 10, 3]);
        assert_eq!(sizes((0..5).map(|place| outgoing(place, 100_000)).collect()), [2, 2, 1]);
        assert!(sizes(Vec::new()).is_empty());
        for batch in batches((0..40).map(|place| outgoing(place, place * 6_000)).collect()) {
            assert!(batch.iter().map(Outgoing::bytes).sum::<usize>() <= MOST_BYTES);
        }
    }
}
