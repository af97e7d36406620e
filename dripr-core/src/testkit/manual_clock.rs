//! A clock that stands still until it is set.

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{ports::Clock, schedule::Instant};

/// A clock that stands still until it is set.
///
/// ```
/// # use dripr_core::{ports::Clock, testkit::ManualClock};
/// let clock = ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
/// clock.set("2026-03-02T12:00:00Z".parse().unwrap());
/// assert_eq!(clock.now().to_rfc3339(), "2026-03-02T12:00:00+00:00");
/// ```
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Instant>,
}

impl ManualClock {
    /// A clock that shows an instant.
    #[must_use]
    pub fn at(now: Instant) -> Self {
        Self { now: watch::Sender::new(now) }
    }

    /// Sets the clock, in either direction, and wakes whoever waited for an instant that has now come.
    pub fn set(&self, now: Instant) {
        self.now.send_replace(now);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Instant {
        *self.now.borrow()
    }

    async fn sleep_until(&self, instant: Instant) {
        let mut now = self.now.subscribe();
        if now.wait_for(|now| *now >= instant).await.is_err() {
            // The clock is gone: that instant never comes.
            std::future::pending::<()>().await;
        }
    }
}
