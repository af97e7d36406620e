//! Allowances for tests: one with nothing left, and one that counts.

#![allow(dead_code, reason = "each test needs its part of it")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, CallCounter},
};

/// Lets so many calls through.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    left: usize,
    taken: AtomicUsize,
}

impl Counter {
    /// How many calls were asked for.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl CallCounter for Counter {
    async fn count(&self) -> PortResult<()> {
        if self.taken.fetch_add(1, Ordering::SeqCst) < self.left {
            Ok(())
        } else {
            Err(PortError::new(Fault::NotAllowed, "no call is left"))
        }
    }
}

/// An allowance of so many calls, and its counter.
pub(crate) fn of(left: usize) -> (Allowance, Arc<Counter>) {
    let counter = Arc::new(Counter { left, ..Counter::default() });
    (Allowance::counted_by(counter.clone()), counter)
}

/// An allowance that is used up.
pub(crate) fn none() -> Allowance {
    of(0).0
}
