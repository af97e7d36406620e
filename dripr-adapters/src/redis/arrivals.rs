//! Who waits for deliveries hears of them on one connection that listens for all.
//!
//! What is said while nobody listens is not heard. So all are woken each time the connection is made: what was published
//! after they were first polled either was heard, or came before that.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dripr_core::events::Queue;
use futures_util::{StreamExt, future::select_all};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::Redis;

/// So long nothing may be heard until it is asked whether the server is still there.
const QUIET: Duration = Duration::from_secs(15);

/// The pause before the connection is made anew; it doubles with each failure.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A bell for each queue.
type Bells = [watch::Sender<()>; Queue::ALL.len()];

/// Wakes those who wait.
pub(super) struct Arrivals {
    redis: Redis,
    bells: Arc<Bells>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

/// The channel on which it is said that something came into a queue.
pub(super) fn channel(redis: &Redis, queue: Queue) -> String {
    redis.key(&format!("arrived:{queue}"))
}

impl Arrivals {
    pub(super) fn new(redis: Redis) -> Self {
        let bells = Arc::new(std::array::from_fn(|_| watch::Sender::new(())));
        Self { redis, bells, listener: Mutex::default() }
    }

    /// Returns when something may have come into one of the queues since this was first polled.
    pub(super) async fn arrived(&self, queues: &[Queue]) {
        let mut heard: Vec<_> = queues.iter().map(|queue| self.bells[*queue as usize].subscribe()).collect();
        if heard.is_empty() {
            return std::future::pending().await;
        }
        self.listen();
        let waiting = heard.iter_mut().map(|bell| {
            Box::pin(async move {
                // The sender lives as long as what is borrowed here.
                let _ = bell.changed().await;
            })
        });
        select_all(waiting).await;
    }

    /// Sees to it that somebody listens. A listener ends with its runtime.
    fn listen(&self) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if listener.as_ref().is_none_or(JoinHandle::is_finished) {
            *listener = Some(tokio::spawn(listen(self.redis.clone(), self.bells.clone())));
        }
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take() {
            listener.abort();
        }
    }
}

async fn listen(redis: Redis, bells: Arc<Bells>) {
    let mut pause = PAUSE;
    loop {
        if hear(&redis, &bells).await {
            pause = PAUSE;
        } else {
            tracing::debug!("Redis cannot be listened to; it is tried again in {pause:?}");
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Listens until the connection is lost. Whether there was one.
async fn hear(redis: &Redis, bells: &Bells) -> bool {
    let channels = Queue::ALL.map(|queue| channel(redis, queue));
    let limit = redis.timeout();
    let subscribing = timeout(limit, async {
        let mut listening = redis.listening().await?;
        listening.subscribe(&channels[..]).await?;
        redis::RedisResult::Ok(listening.split())
    });
    let Ok(Ok((mut asking, mut said))) = subscribing.await else { return false };
    for bell in bells {
        bell.send_replace(());
    }
    loop {
        match timeout(QUIET, said.next()).await {
            Ok(Some(message)) => {
                let name = message.get_channel_name().as_bytes();
                for (queue, channel) in Queue::ALL.into_iter().zip(&channels) {
                    if channel.as_bytes() == name {
                        bells[queue as usize].send_replace(());
                    }
                }
            }
            Ok(None) => return true,
            // Where the way there is cut, nothing says so.
            Err(_) => match timeout(limit, asking.ping::<redis::Value>()).await {
                Ok(Ok(_)) => {}
                _ => return true,
            },
        }
    }
}
