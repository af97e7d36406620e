use std::{sync::Arc, time::Duration};

use aws_sdk_sqs::types::MessageSystemAttributeName;
use dripr_core::{errors::PortResult, events::Queue, policy::after, ports::Delivery, schedule::Instant};
use futures_util::future::join_all;

use super::{Aws, SqsQueue, fault::sorted, held::Holding, message::Received, seconds, seconds::LONGEST};

/// So many messages come with one call at the most.
pub(super) const AT_ONCE: usize = 10;
/// So many calls are under way at once for one receive.
const CALLS: usize = 8;

/// A queue that is asked for messages.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) aws: Aws,
    pub(super) queue: Queue,
    pub(super) url: String,
}

impl Source {
    /// Up to ten messages, none if nothing came while the service waited for them.
    pub(super) async fn receive(
        &self,
        max: usize,
        visibility: Duration,
        wait: Duration,
    ) -> PortResult<Vec<Received>> {
        let wait_seconds = i32::try_from(wait.as_secs()).unwrap_or(i32::MAX);
        let max = i32::try_from(max.clamp(1, AT_ONCE)).unwrap_or(1);
        let asked = self
            .aws
            .sqs
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(max)
            // Without any, the same message would come again with the next of these calls.
            .visibility_timeout(seconds::visibility(visibility).max(1))
            .wait_time_seconds(wait_seconds)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .customize()
            .config_override(self.aws.waiting(wait));
        let answer = asked.send().await.map_err(|error| sorted(&error, "receiving deliveries"))?;
        let messages = answer.messages.unwrap_or_default();
        Ok(messages.into_iter().filter_map(|message| Received::new(self.queue, message)).collect())
    }
}

impl SqsQueue {
    pub(super) async fn receive_some(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>> {
        if max == 0 {
            return Ok(Vec::new());
        }
        let source = self.source(queue)?;
        let mut deliveries = Vec::new();
        let waited_for = self.shared.arrivals.take(queue, max, visibility);
        let lasting = self.lasting(&source, waited_for, now, visibility).await;
        let mut unwanted = self.hand_out(lasting, now, &mut deliveries);
        let until = after(now, visibility.min(LONGEST));
        let mut calls = 1;
        let mut failure = None;
        while deliveries.len() < max && failure.is_none() {
            let missing = max - deliveries.len();
            let calling = (0..calls.min(missing.div_ceil(AT_ONCE)))
                .map(|call| source.receive(missing - call * AT_ONCE, visibility, Duration::ZERO));
            let mut came = 0;
            for answer in join_all(calling).await {
                match answer {
                    Ok(messages) => {
                        came += messages.len();
                        let held = messages.into_iter().map(|message| Holding {
                            message: Arc::new(message),
                            since: now,
                            until,
                        });
                        unwanted.extend(self.hand_out(held.collect(), now, &mut deliveries));
                    }
                    Err(error) => failure = Some(error),
                }
            }
            if came == 0 {
                break;
            }
            // Where much comes, more is asked for at once.
            calls = (came.div_ceil(AT_ONCE) * 2).min(CALLS);
        }
        self.throw_away(&source, unwanted).await;
        match failure {
            Some(error) if deliveries.is_empty() => Err(error),
            // What came is worked on; the next receive meets the failure again.
            Some(error) => {
                tracing::warn!(%error, %queue, "not everything could be received");
                Ok(deliveries)
            }
            None => Ok(deliveries),
        }
    }

    /// Holds messages and makes deliveries of them; gives those for which this queue has no use.
    fn hand_out(&self, held: Vec<Holding>, now: Instant, to: &mut Vec<Delivery>) -> Vec<Holding> {
        let mut unwanted = Vec::new();
        for holding in &held {
            match holding.message.delivery() {
                Ok(delivery) => to.push(delivery),
                Err(_) => unwanted.push(holding.clone()),
            }
        }
        self.shared.held.hold(held, now);
        unwanted
    }

    /// What came while somebody waited and is still this process's. Whoever receives counts on the visibility that is
    /// asked for, so what has used up much of it gets it anew; where that fails it is left to come again.
    async fn lasting(
        &self,
        source: &Source,
        came: Vec<Holding>,
        now: Instant,
        visibility: Duration,
    ) -> Vec<Holding> {
        let (mut lasting, mut old) = (Vec::new(), Vec::new());
        for holding in came.into_iter().filter(|holding| now < holding.until) {
            let enough = after(now, visibility.min(LONGEST) * 2 / 3);
            if holding.until >= enough { lasting.push(holding) } else { old.push(holding) }
        }
        if !old.is_empty() {
            let until = after(now, visibility.min(LONGEST));
            lasting.extend(self.renew(source, old, until, now).await);
        }
        lasting
    }
}
