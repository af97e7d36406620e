use std::collections::HashMap;

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::Queue,
};

use super::{Made, Maker, policies};
use crate::sns_sqs::fault::sorted;

const RAW: &str = "RawMessageDelivery";
const SCOPE: &str = "FilterPolicyScope";
const FILTER: &str = "FilterPolicy";

impl Maker<'_> {
    /// A queue's subscription to a topic, which lets through what can wake the queue.
    pub(super) async fn subscription(&mut self, queue: Queue, made: &Made, topic: &Made) -> PortResult<()> {
        let filter = policies::filter_policy(queue);
        let raw = self.wanted.raw_delivery.to_string();
        let what = format!("subscribe the queue {} to the topic {}", made.name, topic.name);
        let (Some(queue_arn), Some(topic_arn)) = (&made.arn, &topic.arn) else {
            self.changes.push(what);
            return Ok(());
        };
        // The scope comes first: a policy for bodies is refused where attributes are looked at.
        let mut wanted = vec![(RAW, raw)];
        match filter {
            Some(filter) => wanted.extend([(SCOPE, "MessageBody".to_owned()), (FILTER, filter)]),
            None => wanted.push((FILTER, "{}".to_owned())),
        }
        let Some(subscription) = self.find_subscription(topic_arn, queue_arn).await? else {
            if self.does(what) {
                let attributes = wanted.into_iter().filter(|(_, value)| value != "{}");
                let attributes: HashMap<_, _> =
                    attributes.map(|(name, value)| (name.to_owned(), value)).collect();
                let asked = self.aws.sns.subscribe().topic_arn(topic_arn).protocol("sqs").endpoint(queue_arn);
                let asked = asked.return_subscription_arn(true).set_attributes(Some(attributes)).send().await;
                asked.map_err(|error| sorted(&error, &format!("subscribing the queue {}", made.name)))?;
            }
            return Ok(());
        };
        let asked = self.aws.sns.get_subscription_attributes().subscription_arn(&subscription).send().await;
        let doing = format!("looking at the subscription of the queue {}", made.name);
        let present = asked.map_err(|error| sorted(&error, &doing))?.attributes.unwrap_or_default();
        for (name, value) in wanted {
            let now = present.get(name).map(String::as_str).filter(|text| !text.is_empty());
            let default = match name {
                RAW => "false",
                SCOPE => "MessageAttributes",
                _ => "{}",
            };
            if policies::are_same(now.unwrap_or(default), &value) {
                continue;
            }
            if self.does(format!("set {name} of the subscription of the queue {} to {value}", made.name)) {
                let set = self.aws.sns.set_subscription_attributes().subscription_arn(&subscription);
                let set = set.attribute_name(name).attribute_value(value).send().await;
                set.map_err(|error| {
                    sorted(&error, &format!("changing the subscription of the queue {}", made.name))
                })?;
            }
        }
        Ok(())
    }

    async fn find_subscription(&self, topic: &str, queue: &str) -> PortResult<Option<String>> {
        let mut next = None;
        loop {
            let asked = self.aws.sns.list_subscriptions_by_topic().topic_arn(topic).set_next_token(next);
            let page = asked.send().await.map_err(|error| sorted(&error, "looking for subscriptions"))?;
            for subscription in page.subscriptions.unwrap_or_default() {
                if subscription.protocol() == Some("sqs") && subscription.endpoint() == Some(queue) {
                    let arn = subscription.subscription_arn.filter(|arn| arn.starts_with("arn:"));
                    return arn.map(Some).ok_or_else(|| {
                        let message = "a queue's subscription still waits to be confirmed by whoever made it";
                        PortError::new(Fault::Misconfigured, message)
                    });
                }
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(None);
            }
        }
    }
}
