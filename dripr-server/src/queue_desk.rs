//! Where the queues of a deployment are looked at: the one place where that is chosen.

use std::sync::Arc;

use dripr_core::ports::QueueDesk;

use crate::{
    compose,
    config::{Config, queues::Place},
    failure::Failure,
};

/// Who shows the queues of a place, and does what people want of them.
///
/// # Errors
/// The configuration names none there, or this program was built without it.
pub async fn queue_desk(config: &Config, place: Place) -> Result<Arc<dyn QueueDesk>, Failure> {
    match place {
        Place::Aws => aws(config).await,
        Place::Redis => redis(config),
        Place::Database => Ok(compose::deployment(config.clone()).await?.store),
    }
}

#[cfg(feature = "sns-sqs")]
async fn aws(config: &Config) -> Result<Arc<dyn QueueDesk>, Failure> {
    use dripr_adapters::sns_sqs::{Aws, SqsQueue};

    use crate::system_clock::SystemClock;

    let Some(messaging) = config.aws.as_ref().filter(|aws| !aws.queues.is_empty()) else {
        return Err(Failure::new(
            "aws.queues: names none; `dripr aws provision` makes them and says where they are",
        ));
    };
    let aws = Aws::new(messaging.options.clone()).await;
    Ok(Arc::new(SqsQueue::new(aws, messaging.queues.clone(), Arc::new(SystemClock))))
}

#[cfg(not(feature = "sns-sqs"))]
async fn aws(_config: &Config) -> Result<Arc<dyn QueueDesk>, Failure> {
    Err(without("SNS and SQS", "sns-sqs"))
}

#[cfg(feature = "redis")]
fn redis(config: &Config) -> Result<Arc<dyn QueueDesk>, Failure> {
    let redis =
        config.redis.clone().ok_or_else(|| Failure::new("redis.url_file: missing: no server is named"))?;
    Ok(Arc::new(dripr_adapters::redis::RedisQueue::new(redis)))
}

#[cfg(not(feature = "redis"))]
fn redis(_config: &Config) -> Result<Arc<dyn QueueDesk>, Failure> {
    Err(without("Redis", "redis"))
}

#[cfg(not(all(feature = "sns-sqs", feature = "redis")))]
pub(crate) fn without(what: &str, feature: &str) -> Failure {
    Failure::new(format!(
        "this dripr was built without {what}; build it with `cargo build --release --features {feature}`"
    ))
}
