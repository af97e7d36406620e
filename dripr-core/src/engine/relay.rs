//! From the outbox to the bus, where they are two.

use super::Engine;
use crate::{errors::PortResult, events::Event};

impl Engine {
    /// Publishes what the outbox holds, and marks what was published. A crash between the two publishes twice, which
    /// handlers ignore.
    pub(super) async fn relay(&self) -> PortResult<usize> {
        let Some((outbox, bus)) = &self.ports.relay else { return Ok(0) };
        let mut relayed = 0;
        loop {
            let entries = outbox.unpublished(self.pace.batch).await?;
            let found = entries.len();
            let (ids, events): (Vec<_>, Vec<Event>) =
                entries.into_iter().map(|entry| (entry.id, entry.event)).unzip();
            if events.is_empty() {
                return Ok(relayed);
            }
            let mut published = Vec::with_capacity(ids.len());
            let mut failed = None;
            for (id, result) in ids.into_iter().zip(bus.publish(&events).await) {
                match result {
                    Ok(()) => published.push(id),
                    Err(error) => failed = Some(error),
                }
            }
            relayed += published.len();
            outbox.mark_published(&published).await?;
            if let Some(error) = failed {
                return Err(error);
            }
            if found < self.pace.batch {
                return Ok(relayed);
            }
        }
    }
}
