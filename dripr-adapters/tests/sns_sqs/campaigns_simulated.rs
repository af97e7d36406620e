//! What must hold whatever breaks holds with the events in SNS and SQS.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    errors::PortResult,
    events::Queue,
    ports::{Delivery, EventBus, EventQueue, Settlement},
    schedule::Instant,
};

use super::{
    place::{Clocked, Place},
    service::ask,
    simulated::{Elsewhere, every_point_holds, everything_holds},
};

/// Queues that say what becomes visible next, as SQS does not: time passes here only when something is known to be ahead.
struct Foreseen {
    clocked: Clocked,
    place: Place,
}

#[async_trait]
impl EventQueue for Foreseen {
    async fn receive(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>> {
        self.clocked.receive(queue, max, now, visibility).await
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        self.clocked.settle(settlements, now).await
    }

    async fn arrived(&self, queues: &[Queue]) {
        self.clocked.arrived(queues).await;
    }

    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        let next = ask("GET", &format!("/test/{}/next", self.place.region), &[], "");
        let next: HashMap<String, i64> = serde_json::from_str(&next).unwrap();
        let urls = queues.iter().map(|queue| self.place.url(*queue));
        let of_queue = |url: &str| next.get(url.rsplit('/').next().unwrap_or_default()).copied();
        Ok(urls.filter_map(of_queue).min().and_then(Instant::from_timestamp_millis))
    }
}

impl Elsewhere for Place {
    fn queue(&self) -> Arc<dyn EventQueue> {
        Arc::new(Foreseen { clocked: self.clocked(), place: self.clone() })
    }

    fn bus(&self) -> Arc<dyn EventBus> {
        Arc::new(Place::bus(self))
    }
}

#[test]
fn whatever_breaks_everything_holds_over_sns_and_sqs() {
    everything_holds(100, Place::new);
}

#[test]
fn no_single_fault_at_any_call_loses_or_repeats_an_email_over_sns_and_sqs() {
    every_point_holds(31, Place::new);
}
