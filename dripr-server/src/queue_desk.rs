//! Where the queues of a deployment are looked at: the one place where that is chosen.

use std::sync::Arc;

use clap::ValueEnum;
use dripr_core::ports::QueueDesk;

use crate::{config::Config, failure::Failure};

/// Where queues are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// In SQS, at the URLs of `[aws]`.
    Aws,
    /// In the Redis server of `[redis]`.
    Redis,
    /// In the database, beside the campaigns.
    Database,
}

impl Place {
    /// Where the queues are that a configuration names.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        #[cfg(feature = "sns-sqs")]
        if config.aws.as_ref().is_some_and(|aws| !aws.queues.is_empty()) {
            return Self::Aws;
        }
        #[cfg(feature = "redis")]
        if config.redis.is_some() {
            return Self::Redis;
        }
        let _ = config;
        Self::Database
    }
}

/// Who shows the queues of a place, and does what people want of them.
///
/// # Errors
/// The configuration names none there, or this program was built without it.
pub async fn queue_desk(config: &Config, place: Place) -> Result<Arc<dyn QueueDesk>, Failure> {
    match place {
        Place::Aws => aws(config).await,
        Place::Redis => redis(config),
        // A store that keeps its queues beside its campaigns is plugged in here, once it is a `QueueDesk`.
        Place::Database => Err(Failure::new(
            "the queues in the database cannot be looked at: `dripr explain` says what a campaign waits for",
        )),
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
fn without(what: &str, feature: &str) -> Failure {
    Failure::new(format!(
        "this dripr was built without {what}; build it with `cargo build --release --features {feature}`"
    ))
}
