use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::Queue,
    ports::{Clock, Delivery, EventQueue, Probe, Settlement},
    schedule::Instant,
};

use super::{
    Aws, QueueUrl, QueueUrls, arrivals::Arrivals, fault::sorted, held::Held, names::queue_variable,
    receive::Source,
};

/// Queues in SQS, filled by the topics that they are subscribed to. Cheap to clone; all clones hold what one received.
#[derive(Clone)]
pub struct SqsQueue {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) aws: Aws,
    urls: QueueUrls,
    pub(super) held: Held,
    pub(super) arrivals: Arrivals,
}

impl fmt::Debug for SqsQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queues: BTreeSet<Queue> = self.shared.urls.iter().map(|(queue, _)| queue).collect();
        f.debug_tuple("SqsQueue").field(&queues).finish()
    }
}

impl SqsQueue {
    /// The queues at some URLs. `clock` is the one by whose instants is received and settled.
    #[must_use]
    pub fn new(aws: Aws, urls: QueueUrls, clock: Arc<dyn Clock>) -> Self {
        let arrivals = Arrivals::new(clock);
        Self { shared: Arc::new(Shared { aws, urls, held: Held::default(), arrivals }) }
    }

    /// A queue that is received from.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] if nobody said where it is.
    pub(super) fn source(&self, queue: Queue) -> PortResult<Source> {
        let url = self.url(queue)?.queue.clone();
        Ok(Source { aws: self.shared.aws.clone(), queue, url })
    }

    /// Where a queue is.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] if nobody said where.
    pub(super) fn url(&self, queue: Queue) -> PortResult<&QueueUrl> {
        self.shared.urls.get(queue).ok_or_else(|| {
            let variable = queue_variable(queue);
            PortError::new(
                Fault::Misconfigured,
                format!("nobody said where the queue {queue} is in SQS: {variable} is not set"),
            )
        })
    }
}

#[async_trait]
impl EventQueue for SqsQueue {
    /// `visibility` is rounded up to whole seconds and is twelve hours at most.
    async fn receive(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>> {
        self.receive_some(queue, max, now, visibility).await
    }

    /// What is put off for longer than twelve hours from its receive comes again by then.
    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        self.settle_all(settlements, now).await
    }

    async fn arrived(&self, queues: &[Queue]) {
        // Of one that is nowhere, the next receive says so.
        let sources = queues.iter().filter_map(|queue| self.source(*queue).ok()).collect();
        self.shared.arrivals.arrived(sources).await;
    }

    /// SQS does not tell.
    async fn next_visible(&self, _queues: &[Queue]) -> PortResult<Option<Instant>> {
        Ok(None)
    }
}

#[async_trait]
impl Probe for SqsQueue {
    /// Asks for one attribute of each queue and of its dead-letter queue.
    async fn probe(&self) -> PortResult<()> {
        for (queue, url) in self.shared.urls.iter() {
            for (url, what) in [(&url.queue, "queue"), (&url.dead_letters, "dead-letter queue")] {
                let asked = self.shared.aws.sqs.get_queue_attributes().queue_url(url);
                let asked = asked.attribute_names(QueueAttributeName::QueueArn).send().await;
                asked.map_err(|error| sorted(&error, &format!("looking at the {what} of {queue}")))?;
            }
        }
        Ok(())
    }
}
