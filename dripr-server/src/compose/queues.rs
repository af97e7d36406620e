//! Where events go and come from, if the queues are not in the database.

use std::sync::Arc;

use dripr_core::ports::{EventBus, EventQueue};

use crate::{
    compose::Deployment,
    config::{Config, queues::Place},
    failure::Failure,
};

/// Queues that are elsewhere.
pub(super) struct Elsewhere {
    /// Where deliveries are received.
    pub(super) queue: Arc<dyn EventQueue>,
    /// Where a relay publishes to.
    pub(super) bus: Arc<dyn EventBus>,
}

/// The queues of a deployment; none if they are in its database.
///
/// # Errors
/// This program was built without them.
pub(super) async fn elsewhere(deployment: &Deployment) -> Result<Option<Elsewhere>, Failure> {
    match deployment.config.queues {
        Place::Database => Ok(None),
        Place::Redis => redis(&deployment.config).map(Some),
        Place::Aws => aws(deployment).await.map(Some),
    }
}

#[cfg(feature = "redis")]
fn redis(config: &Config) -> Result<Elsewhere, Failure> {
    let redis = config.redis.clone().ok_or_else(|| Failure::new("redis.url_file: missing"))?;
    let queue = Arc::new(dripr_adapters::redis::RedisQueue::new(redis));
    Ok(Elsewhere { queue: queue.clone(), bus: queue })
}

#[cfg(not(feature = "redis"))]
fn redis(_config: &Config) -> Result<Elsewhere, Failure> {
    Err(crate::queue_desk::without("Redis", "redis"))
}

#[cfg(feature = "sns-sqs")]
async fn aws(deployment: &Deployment) -> Result<Elsewhere, Failure> {
    use dripr_adapters::sns_sqs::{Aws, SnsBus, SqsQueue};

    let config = deployment.config.aws.as_ref();
    let named = config.filter(|aws| aws.queues.has_all()).and_then(|aws| Some((aws, aws.topics.clone()?)));
    let (aws, topics) = named.ok_or_else(|| {
        Failure::new(
            "aws: both topics and all nine queues must be named; `dripr aws provision` makes them and says where they are",
        )
    })?;
    let client = Aws::new(aws.options.clone()).await;
    let queue = SqsQueue::new(client.clone(), aws.queues.clone(), deployment.clock.clone());
    Ok(Elsewhere { queue: Arc::new(queue), bus: Arc::new(SnsBus::new(client, topics)) })
}

#[cfg(not(feature = "sns-sqs"))]
async fn aws(_deployment: &Deployment) -> Result<Elsewhere, Failure> {
    Err(crate::queue_desk::without("SNS and SQS", "sns-sqs"))
}
