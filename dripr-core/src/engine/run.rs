//! Running on a clock until told to stop.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all, select, select_all},
    poll,
};

use super::{Dripr, Engine};
use crate::{errors::PortError, events::Queue, policy::after, schedule::Instant};

/// How long a deadline that stays past is left alone.
const STAYS_PAST: Duration = Duration::from_secs(1);

impl Dripr {
    /// Runs until [`Dripr::stop`], then finishes what is in hand and returns.
    ///
    /// One future that does everything. To use several cores, spawn each of [`Dripr::workers`] instead.
    pub async fn run(&self) {
        join_all(self.workers()).await;
    }

    /// The loops that make up a running engine: the ticker, the one that tells agents what they must know, the relay if
    /// there is a bus, and one for each queue.
    ///
    /// Each runs until [`Dripr::stop`] and finishes what it has in hand. They may be spawned on any runtime; dropping
    /// one is as good as a crash, which loses and repeats nothing.
    #[must_use]
    pub fn workers(&self) -> Vec<BoxFuture<'static, ()>> {
        let mut workers: Vec<BoxFuture<'static, ()>> = Vec::new();
        if self.engine.ticks {
            workers.push(self.engine.clone().ticker().boxed());
            if self.engine.ports.notices.is_some() {
                workers.push(self.engine.clone().teller().boxed());
            }
        }
        if self.engine.ports.relay.is_some() {
            workers.push(self.engine.clone().relayer().boxed());
        }
        for queue in &self.engine.queues {
            workers.push(self.engine.clone().consumer(*queue).boxed());
        }
        workers
    }
}

impl Engine {
    async fn ticker(self: Arc<Self>) {
        let mut failures = 0;
        while !self.is_stopping() {
            // What is stored during the tick, by itself too, is seen by the look at the next deadline.
            self.sleeps_until.store(i64::MIN, Ordering::Release);
            let ticked = self.tick().await;
            let found = ticked.as_ref().is_ok_and(|found| *found > 0);
            // What is stored from here on ends the sleep: that look may have come too early to see it.
            self.sleeps_until.store(i64::MAX, Ordering::Release);
            let next = match ticked {
                Ok(_) => self.ports.campaigns.next_due().await,
                Err(error) => Err(error),
            };
            let now = self.ports.clock.now();
            let wake = match next {
                Ok(next) => {
                    failures = 0;
                    let longest = after(now, self.pace.longest_sleep);
                    // A deadline that stays past although it was looked at is looked at again in a second, not at once.
                    let earliest = if found { after(now, STAYS_PAST) } else { now };
                    next.map_or(longest, |at| if at <= now { earliest } else { at.min(longest) })
                }
                Err(error) => {
                    failures += 1;
                    self.after_failure("campaigns could not be looked at", &error, failures)
                }
            };
            self.sleeps_until.store(wake.timestamp_millis(), Ordering::Release);
            let earlier = self.earlier_deadline.notified().boxed();
            self.rest(wake, earlier).await;
        }
    }

    async fn teller(self: Arc<Self>) {
        let mut failures = 0;
        while !self.is_stopping() {
            let looked = match self.tell_agents().await {
                Ok(_) => self.next_notices_due().await,
                Err(error) => Err(error),
            };
            let now = self.ports.clock.now();
            let longest = after(now, self.pace.longest_sleep);
            let wake = match looked {
                Ok(next) => {
                    failures = 0;
                    next.map_or(longest, |at| at.clamp(after(now, STAYS_PAST), longest))
                }
                Err(error) => {
                    failures += 1;
                    self.after_failure("agents could not be told what they must know", &error, failures)
                }
            };
            self.rest(wake, std::future::pending().boxed()).await;
        }
    }

    async fn relayer(self: Arc<Self>) {
        let mut failures = 0;
        let Some((outbox, _)) = &self.ports.relay else { return };
        while !self.is_stopping() {
            let mut added = outbox.added();
            let heard = poll!(&mut added).is_ready();
            match self.relay().await {
                Ok(_) if heard => failures = 0,
                Ok(_) => {
                    failures = 0;
                    let wake = after(self.ports.clock.now(), self.pace.longest_sleep);
                    self.rest(wake, added).await;
                }
                Err(error) => {
                    failures += 1;
                    let wake = self.after_failure("events could not be published", &error, failures);
                    self.rest(wake, std::future::pending().boxed()).await;
                }
            }
        }
    }

    async fn consumer(self: Arc<Self>, queue: Queue) {
        let mut failures = 0;
        let queues = [queue];
        while !self.is_stopping() {
            // Listening begins before looking, so that nothing arrives unheard between the two.
            let mut arrived = self.ports.queue.arrived(&queues);
            let mut heard = poll!(&mut arrived).is_ready();
            let worked = self.work_through(queue).await;
            // Not polled again once it has returned.
            heard = heard || poll!(&mut arrived).is_ready();
            let looked = match worked {
                Ok(received) if received >= self.pace.batch || heard => Ok(None),
                Ok(_) => self.ports.queue.next_visible(&queues).await.map(|visible| {
                    let now = self.ports.clock.now();
                    let longest = after(now, self.pace.longest_sleep);
                    Some(visible.map_or(longest, |at| at.min(longest))).filter(|wake| *wake > now)
                }),
                Err(error) => Err(error),
            };
            match looked {
                Ok(wake) => {
                    failures = 0;
                    if let Some(wake) = wake {
                        self.rest(wake, arrived).await;
                    }
                }
                Err(error) => {
                    failures += 1;
                    let wake = self.after_failure("a queue could not be worked through", &error, failures);
                    self.rest(wake, std::future::pending().boxed()).await;
                }
            }
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits for an instant, for what may come earlier, or for the end.
    async fn rest(&self, until: Instant, earlier: BoxFuture<'_, ()>) {
        let mut stopping = self.stopping.subscribe();
        let stop = async move {
            // An error means that the engine is gone, which is an end too.
            let _ = stopping.wait_for(|stop| *stop).await;
        }
        .boxed();
        let _ = select(select_all([self.ports.clock.sleep_until(until), earlier]), stop).await;
    }

    fn after_failure(&self, what: &str, error: &PortError, failures: u8) -> Instant {
        tracing::warn!(%error, failures, "{what}");
        let pause = self.policy().pause(failures, 1.0).min(self.pace.longest_sleep);
        after(self.ports.clock.now(), pause.max(error.pause().unwrap_or_default()))
    }
}
