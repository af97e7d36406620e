//! From the outbox to the bus, where they are two.

use std::time::Duration;

use super::Engine;
use crate::{errors::PortResult, events::Event, policy::after};

/// How long a relay has events in hand before another one may publish them: far longer than a bus takes for a batch.
const IN_HAND: Duration = Duration::from_secs(60);

impl Engine {
    /// Publishes what the outbox holds, and marks what was published. A crash between the two publishes twice, which
    /// handlers ignore.
    pub(super) async fn relay(&self) -> PortResult<usize> {
        let Some((outbox, bus)) = &self.ports.relay else { return Ok(0) };
        let mut relayed = 0;
        loop {
            let now = self.ports.clock.now();
            let entries = outbox.unpublished(self.pace.batch, now, after(now, IN_HAND)).await?;
            let found = entries.len();
            let (ids, events): (Vec<_>, Vec<Event>) =
                entries.into_iter().map(|entry| (entry.id, entry.event)).unzip();
            if events.is_empty() {
                return Ok(relayed);
            }
            let mut published = Vec::with_capacity(ids.len());
            let mut unpublished = Vec::new();
            let mut failed = None;
            for (id, result) in ids.into_iter().zip(bus.publish(&events).await) {
                match result {
                    Ok(()) => published.push(id),
                    Err(error) => {
                        unpublished.push(id);
                        failed = Some(error);
                    }
                }
            }
            relayed += published.len();
            outbox.mark_published(&published).await?;
            if !unpublished.is_empty() {
                outbox.give_back(&unpublished).await?;
            }
            if let Some(error) = failed {
                return Err(error);
            }
            if found < self.pace.batch {
                return Ok(relayed);
            }
        }
    }
}
