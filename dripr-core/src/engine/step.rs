//! Driving the engine by hand: for virtual clocks, tests, and hosts with a loop of their own.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::{FutureExt, future::BoxFuture};

use super::{Dripr, Engine};
use crate::{errors::PortResult, schedule::Instant};

/// What a step did, and when the next one has something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Campaigns looked at and deliveries handled.
    pub handled: usize,
    /// When there is more to do, if nothing else happens; always after the present instant.
    pub next: Option<Instant>,
}

impl Dripr {
    /// Does everything that is due at this instant, until nothing is left, and says when to come back.
    ///
    /// # Errors
    /// A port's; what was done before it is stored, and another step goes on from there.
    pub async fn step(&self) -> PortResult<Step> {
        self.engine.everything_due().await
    }
}

impl Engine {
    /// Boxed, so that what it consists of is compiled with this crate and not once more with each host.
    fn everything_due(self: &Arc<Self>) -> BoxFuture<'_, PortResult<Step>> {
        async move {
            let mut handled = 0;
            loop {
                let mut worked = self.relay().await?;
                for queue in &self.queues {
                    loop {
                        let received = self.work_through(*queue).await?;
                        worked += received;
                        if received < self.pace.batch {
                            break;
                        }
                    }
                    worked += self.relay().await?;
                }
                if self.ticks {
                    worked += self.tick().await?;
                    worked += self.tell_agents().await?;
                }
                handled += worked;
                if worked == 0 {
                    break;
                }
            }
            let now = self.ports.clock.now();
            let due = if self.ticks { self.ports.campaigns.next_due().await? } else { None };
            let notices = if self.ticks { self.next_notices_due().await? } else { None };
            let visible = self.ports.queue.next_visible(&self.queues).await?;
            // What is due and did not move would be looked at for ever; a minute is the least between two looks.
            let soon = now.checked_add_signed(TimeDelta::seconds(60)).unwrap_or(now);
            let next = [due, notices, visible]
                .into_iter()
                .flatten()
                .min()
                .map(|at| if at > now { at } else { soon });
            Ok(Step { handled, next })
        }
        .boxed()
    }
}
