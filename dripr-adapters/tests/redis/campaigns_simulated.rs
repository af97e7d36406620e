//! What must hold whatever breaks holds with the queues in Redis.

use std::sync::Arc;

use dripr_core::ports::{EventBus, EventQueue};

use crate::{
    place::Place,
    simulated::{Elsewhere, every_point_holds, everything_holds},
};

impl Elsewhere for Place {
    fn queue(&self) -> Arc<dyn EventQueue> {
        Arc::new(Place::queue(self))
    }

    fn bus(&self) -> Arc<dyn EventBus> {
        Arc::new(Place::queue(self))
    }
}

#[test]
fn whatever_breaks_everything_holds_over_redis() {
    everything_holds(30, async || Place::new());
}

#[test]
fn no_single_fault_at_any_call_loses_or_repeats_an_email_over_redis() {
    every_point_holds(1, async || Place::new());
}
