use std::collections::HashMap;

use aws_sdk_sqs::{
    error::ProvideErrorMetadata, operation::get_queue_url::GetQueueUrlError, types::QueueAttributeName,
};
use dripr_core::errors::{Fault, PortError, PortResult};

use super::{Made, Maker, policies};
use crate::sns_sqs::{fault::sorted, seconds};

/// A queue's own limit, four days, is meant: what is older was announced again long ago. What was parked is kept for as
/// long as it can be, counted from when it was first sent.
const KEPT: &str = "345600";
const PARKED_KEPT: &str = "1209600";

type Attributes = HashMap<QueueAttributeName, String>;

impl Maker<'_> {
    /// A queue of a name with its dead-letter queue, to which a topic may send; and its URL.
    pub(super) async fn queue(&mut self, name: &str, topic: &Made) -> PortResult<(Made, Option<String>)> {
        let retention = QueueAttributeName::MessageRetentionPeriod;
        let dead = format!("{name}-dlq");
        let wanted = HashMap::from([(retention.clone(), PARKED_KEPT.to_owned())]);
        let (_, dead) = self.queue_with(&dead, wanted).await?;
        let visibility = seconds::visibility(self.wanted.visibility).to_string();
        let mut wanted = HashMap::from([
            (retention, KEPT.to_owned()),
            (QueueAttributeName::VisibilityTimeout, visibility),
        ]);
        if let Some(dead) = &dead.arn {
            let redrive = policies::redrive(dead, self.wanted.most_receives);
            wanted.insert(QueueAttributeName::RedrivePolicy, redrive);
        }
        let (url, made) = self.queue_with(name, wanted).await?;
        if let (Some(url), Some(arn), Some(topic)) = (&url, &made.arn, &topic.arn) {
            // Only now: the policy names the queue by its ARN.
            let present = self.attributes(url, name).await?;
            let present = present.get(&QueueAttributeName::Policy).map(String::as_str);
            if let Some(policy) = policies::queue_policy(present, arn, topic)
                && self.does(format!("let {topic} send to the queue {name}"))
            {
                self.set(url, name, HashMap::from([(QueueAttributeName::Policy, policy)])).await?;
            }
        } else {
            self.changes.push(format!("let the topic {} send to the queue {name}", topic.name));
        }
        Ok((made, url))
    }

    /// A queue of a name that has attributes.
    async fn queue_with(&mut self, name: &str, wanted: Attributes) -> PortResult<(Option<String>, Made)> {
        let made = |arn| Made { name: name.to_owned(), arn };
        let Some(url) = self.find_queue(name).await? else {
            if !self.does(format!("make the queue {name}")) {
                return Ok((None, made(None)));
            }
            let asked =
                self.aws.sqs.create_queue().queue_name(name).set_attributes(Some(wanted)).send().await;
            let answer = asked.map_err(|error| sorted(&error, &format!("making the queue {name}")))?;
            let url = answer.queue_url.ok_or_else(|| unsaid("URL", name))?;
            let arn = self.arn(&self.attributes(&url, name).await?, name)?;
            return Ok((Some(url), made(Some(arn))));
        };
        let present = self.attributes(&url, name).await?;
        let mut differing: Vec<_> = wanted
            .into_iter()
            .filter(|(attribute, value)| {
                let now = present.get(attribute).map(String::as_str).unwrap_or_default();
                !policies::are_same(now, value)
            })
            .collect();
        differing.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        for (attribute, value) in differing {
            if self.does(format!("set {} of the queue {name} to {value}", attribute.as_str())) {
                self.set(&url, name, HashMap::from([(attribute, value)])).await?;
            }
        }
        let arn = self.arn(&present, name)?;
        Ok((Some(url), made(Some(arn))))
    }

    async fn find_queue(&self, name: &str) -> PortResult<Option<String>> {
        match self.aws.sqs.get_queue_url().queue_name(name).send().await {
            Ok(found) => Ok(found.queue_url),
            Err(error) => {
                let is_missing = error.as_service_error().is_some_and(|error: &GetQueueUrlError| {
                    error.is_queue_does_not_exist()
                        || error.code().is_some_and(|code| code.ends_with("NonExistentQueue"))
                });
                let doing = format!("looking for the queue {name}");
                if is_missing { Ok(None) } else { Err(sorted(&error, &doing)) }
            }
        }
    }

    async fn attributes(&self, url: &str, name: &str) -> PortResult<Attributes> {
        let asked = self.aws.sqs.get_queue_attributes().queue_url(url);
        let asked = asked.attribute_names(QueueAttributeName::All).send().await;
        let answer = asked.map_err(|error| sorted(&error, &format!("looking at the queue {name}")))?;
        Ok(answer.attributes.unwrap_or_default())
    }

    async fn set(&self, url: &str, name: &str, attributes: Attributes) -> PortResult<()> {
        let asked = self.aws.sqs.set_queue_attributes().queue_url(url);
        let asked = asked.set_attributes(Some(attributes)).send().await;
        asked.map(drop).map_err(|error| sorted(&error, &format!("changing the queue {name}")))
    }

    fn arn(&self, attributes: &Attributes, name: &str) -> PortResult<String> {
        attributes.get(&QueueAttributeName::QueueArn).cloned().ok_or_else(|| unsaid("ARN", name))
    }
}

fn unsaid(what: &str, name: &str) -> PortError {
    PortError::new(Fault::Garbled, format!("AWS gave no {what} of the queue {name}"))
}
