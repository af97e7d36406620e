//! The names that existing deployments have for topics, queues and the variables that hold where they are.

use dripr_core::events::Queue;

/// The topic of `STATUS_CHANGE`, without a deployment's suffix.
pub const CAMPAIGN_TOPIC: &str = "dripr-campaign-events-topic";
/// The topic of `USER_CREATED`, without a deployment's suffix.
pub const USER_TOPIC: &str = "dripr-user-events-topic";
/// The environment variable with the ARN of the topic of `STATUS_CHANGE`.
pub const CAMPAIGN_TOPIC_VARIABLE: &str = "SNS_CAMPAIGN_EVENTS_TOPIC_ARN";
/// The environment variable with the ARN of the topic of `USER_CREATED`.
pub const USER_TOPIC_VARIABLE: &str = "SNS_USER_EVENTS_TOPIC_ARN";

/// A queue's name, without a deployment's suffix. Its dead-letter queue has `-dlq` after that.
///
/// ```
/// use dripr_adapters::sns_sqs::{queue_name, queue_variable};
/// use dripr_core::events::Queue;
///
/// assert_eq!(queue_name(Queue::LocalMarketUpdates), "dripr-local-market-updates-queue");
/// assert_eq!(queue_variable(Queue::LocalMarketUpdates), "SQS_LOCAL_MARKET_UPDATES_QUEUE_URL");
/// ```
#[must_use]
pub fn queue_name(queue: Queue) -> String {
    format!("dripr-{}-queue", queue.as_str().replace('_', "-"))
}

/// The environment variable with a queue's URL.
#[must_use]
pub fn queue_variable(queue: Queue) -> String {
    format!("SQS_{}_QUEUE_URL", queue.as_str().to_uppercase())
}
