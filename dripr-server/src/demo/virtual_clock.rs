//! A clock that stands still until it is set.

use async_trait::async_trait;
use dripr_core::{ports::Clock, schedule::Instant};
use tokio::sync::watch;

/// A clock that shows what it was last set to.
#[derive(Debug)]
pub struct VirtualClock {
    shown: watch::Sender<Instant>,
}

impl VirtualClock {
    /// A clock that shows an instant.
    #[must_use]
    pub fn new(at: Instant) -> Self {
        Self { shown: watch::Sender::new(at) }
    }

    /// Sets the clock, and wakes who waited for that. It is never set back.
    pub fn set(&self, at: Instant) {
        self.shown.send_if_modified(|shown| {
            let later = at > *shown;
            *shown = at.max(*shown);
            later
        });
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        *self.shown.borrow()
    }

    async fn sleep_until(&self, instant: Instant) {
        let mut shown = self.shown.subscribe();
        // The sender lives in `self`, so that waiting cannot fail.
        let _ = shown.wait_for(|now| *now >= instant).await;
    }
}

#[cfg(test)]
mod tests {
    use dripr_core::testkit::contract;

    use super::*;

    #[tokio::test]
    async fn it_keeps_the_clock_contract() {
        let clock = VirtualClock::new("2015-03-01T05:00:00Z".parse().unwrap());
        contract::clock(&clock, |instant| clock.set(instant)).await;
    }

    #[tokio::test]
    async fn whoever_waits_is_woken_when_the_clock_is_set_far_enough() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let clock = VirtualClock::new(at("2015-03-01T05:00:00Z"));
        let wait = clock.sleep_until(at("2015-03-02T05:00:00Z"));
        let set = async {
            clock.set(at("2015-03-01T12:00:00Z"));
            tokio::task::yield_now().await;
            clock.set(at("2015-03-02T05:00:00Z"));
        };
        tokio::join!(wait, set);
        clock.set(at("2015-03-01T05:00:00Z"));
        assert_eq!(clock.now(), at("2015-03-02T05:00:00Z"));
    }
}
