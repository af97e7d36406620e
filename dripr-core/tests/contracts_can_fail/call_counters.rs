//! Counters of calls.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::CallCounter,
    testkit::contract,
};

/// A purse with so many calls in it, which refuses in its own way.
struct Purse {
    left: AtomicUsize,
    refuses: fn() -> PortResult<()>,
}

#[async_trait]
impl CallCounter for Purse {
    async fn count(&self) -> PortResult<()> {
        let taken = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if taken.is_ok() { Ok(()) } else { (self.refuses)() }
    }
}

fn purse(left: usize, refuses: fn() -> PortResult<()>) -> Purse {
    Purse { left: AtomicUsize::new(left), refuses }
}

#[tokio::test]
async fn a_counter_that_counts() {
    let refuse = || Err(PortError::new(Fault::NotAllowed, "no call is left"));
    contract::call_counter(&purse(5, refuse), 5).await;
    contract::call_counter(&purse(0, refuse), 0).await;
}

#[tokio::test]
#[should_panic(expected = "as many calls are let through as are left")]
async fn a_counter_that_gives_credit() {
    contract::call_counter(&purse(5, || Ok(())), 5).await;
}

#[tokio::test]
#[should_panic(expected = "a call that may not be made is not allowed")]
async fn a_counter_that_asks_to_come_back() {
    let later = || Err(PortError::new(Fault::Throttled, "come back later"));
    contract::call_counter(&purse(5, later), 5).await;
}
