use std::sync::LazyLock;

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::{Event, Queue},
    ports::EventBus,
};
use redis::Script;

use super::{
    RedisQueue,
    arrivals::channel,
    connection::{Call, Lost},
    score::AT_ONCE,
};

static PUBLISH: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/publish.lua")));

/// So many events are published in one script at the most.
const BATCH: usize = 100;

#[async_trait]
impl EventBus for RedisQueue {
    /// Each event reaches all queues that it wakes or none: a script is run as a whole.
    async fn publish(&self, events: &[Event]) -> Vec<PortResult<()>> {
        let mut answers = Vec::with_capacity(events.len());
        for some in events.chunks(BATCH) {
            match self.publish_some(some).await {
                Ok(()) => answers.extend(some.iter().map(|_| Ok(()))),
                Err(error) => {
                    let (fault, message) = (error.fault(), error.to_string());
                    answers.extend(some.iter().map(|_| Err(PortError::new(fault, message.clone()))));
                }
            }
        }
        answers
    }
}

impl RedisQueue {
    async fn publish_some(&self, events: &[Event]) -> PortResult<()> {
        let mut script = PUBLISH.key(self.redis.key("ids"));
        script.arg(AT_ONCE).arg(Queue::ALL.len());
        for queue in Queue::ALL {
            script
                .key(self.redis.queue_key(queue, "visible"))
                .key(self.redis.queue_key(queue, "payloads"))
                .arg(channel(&self.redis, queue));
        }
        for event in events {
            let payload = serde_json::to_string(event).map_err(|error| {
                PortError::new(Fault::Invalid, "an event cannot be written as JSON").caused_by(error)
            })?;
            let woken = Queue::woken_by(event);
            script.arg(payload).arg(woken.len());
            for queue in woken {
                // Numbers in a script begin with 1.
                script.arg(Queue::ALL.iter().position(|one| *one == queue).unwrap_or_default() + 1);
            }
        }
        let _: i64 = self.redis.call(Call::Script(&script), Lost::Repeat, "publishing events").await?;
        Ok(())
    }
}
