//! Makes what a deployment needs in AWS, or repairs it: topics, queues, who may send to them, and what reaches them.

mod policies;
mod queues;
mod subscriptions;
mod topics;

use std::time::Duration;

use dripr_core::{errors::PortResult, events::Queue};

use super::{
    Aws,
    names::{
        CAMPAIGN_TOPIC, CAMPAIGN_TOPIC_VARIABLE, USER_TOPIC, USER_TOPIC_VARIABLE, queue_name, queue_variable,
    },
};

pub use policies::filter_policy;

/// What is to be there.
#[derive(Debug, Clone)]
pub struct Provision {
    /// What the names of topics and queues end with, such as `-dev`.
    pub suffix: String,
    /// How long a delivery is hidden where its receiver does not say. This engine always says.
    pub visibility: Duration,
    /// After so many receives a queue takes a message away by itself, 1 to 1000. The engine parks at five what it cannot
    /// handle. What waits is received once each time it is looked at: a welcome of which nobody knows for a day whether it
    /// arrived some thirty times, work that waits for its turn at a slow provider more often than that. So this is for messages
    /// that kill whoever receives them, and as many as SQS allows.
    pub most_receives: u32,
    /// Whether queues get events without SNS's envelope. Both forms are understood; Python's services want the envelope.
    pub raw_delivery: bool,
    /// Nothing is made or changed; it is only said what would be.
    pub dry_run: bool,
}

impl Default for Provision {
    fn default() -> Self {
        Self {
            suffix: String::new(),
            visibility: Duration::from_secs(300),
            most_receives: 1000,
            raw_delivery: false,
            dry_run: false,
        }
    }
}

/// What was done, and what the deployment is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provisioned {
    /// What was made or changed, or in a dry run would be, in order. Empty if everything was as it should be.
    pub changes: Vec<String>,
    /// Environment variables and their values. In a dry run those are left out that only making would tell.
    pub environment: Vec<(String, String)>,
}

/// A topic or a queue that is there, or would be.
pub(super) struct Made {
    name: String,
    /// Its ARN, unless it would only be made.
    arn: Option<String>,
}

/// Somebody who makes things, and writes down what.
struct Maker<'a> {
    aws: &'a Aws,
    wanted: &'a Provision,
    changes: Vec<String>,
}

impl Maker<'_> {
    /// Writes down what is done. Whether it is to be done.
    fn does(&mut self, what: String) -> bool {
        self.changes.push(what);
        !self.wanted.dry_run
    }
}

impl Aws {
    /// Makes topics, queues and subscriptions, or repairs those that are there. Doing it twice changes nothing. What
    /// others put there stays: statements of a queue's policy, other subscriptions, other queues.
    ///
    /// # Errors
    /// As AWS fails; what was made before is there, and doing it again goes on from there.
    pub async fn provision(&self, wanted: &Provision) -> PortResult<Provisioned> {
        let mut maker = Maker { aws: self, wanted, changes: Vec::new() };
        let mut environment = Vec::new();
        let campaigns = maker.topic(&format!("{CAMPAIGN_TOPIC}{}", wanted.suffix)).await?;
        let users = maker.topic(&format!("{USER_TOPIC}{}", wanted.suffix)).await?;
        for (variable, topic) in [(CAMPAIGN_TOPIC_VARIABLE, &campaigns), (USER_TOPIC_VARIABLE, &users)] {
            environment.extend(topic.arn.clone().map(|arn| (variable.to_owned(), arn)));
        }
        for queue in Queue::ALL {
            let topic = if queue == Queue::WelcomeEmails { &users } else { &campaigns };
            let name = format!("{}{}", queue_name(queue), wanted.suffix);
            let (made, url) = maker.queue(&name, topic).await?;
            maker.subscription(queue, &made, topic).await?;
            environment.extend(url.map(|url| (queue_variable(queue), url)));
        }
        Ok(Provisioned { changes: maker.changes, environment })
    }
}
