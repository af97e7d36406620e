//! Driving the engine by hand: for virtual clocks, tests, and hosts with a loop of their own.

use chrono::TimeDelta;

use super::Dripr;
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
        let engine = &self.engine;
        let mut handled = 0;
        loop {
            let mut worked = engine.relay().await?;
            for queue in &engine.queues {
                loop {
                    let received = engine.work_through(*queue).await?;
                    worked += received;
                    if received < engine.pace.batch {
                        break;
                    }
                }
                worked += engine.relay().await?;
            }
            if engine.ticks {
                worked += engine.tick().await?;
            }
            handled += worked;
            if worked == 0 {
                break;
            }
        }
        let now = engine.ports.clock.now();
        let due = if engine.ticks { engine.ports.campaigns.next_due().await? } else { None };
        let visible = engine.ports.queue.next_visible(&engine.queues).await?;
        // What is due and did not move would be looked at for ever; a minute is the least between two looks.
        let soon = now.checked_add_signed(TimeDelta::seconds(60)).unwrap_or(now);
        let next = [due, visible].into_iter().flatten().min().map(|at| if at > now { at } else { soon });
        Ok(Step { handled, next })
    }
}
