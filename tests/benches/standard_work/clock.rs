//! A clock that runs as the one on the wall does, and jumps when it is told to.

use std::time::{Duration, Instant as Real};

use async_trait::async_trait;
use chrono::TimeDelta;
use dripr_core::{policy::after, ports::Clock, schedule::Instant};
use tokio::sync::watch;

/// How long is waited at most before it is looked again.
const LONGEST_NAP: Duration = Duration::from_secs(30);

/// What the real time is: for measuring, and for nothing else.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn real() -> Real {
    Real::now()
}

/// Real time from an instant on that it was set to.
pub(crate) struct JumpingClock {
    begun: Real,
    began_at: watch::Sender<Instant>,
}

impl JumpingClock {
    pub(crate) fn at(now: Instant) -> Self {
        Self { begun: real(), began_at: watch::Sender::new(now) }
    }

    /// Goes on from another instant.
    pub(crate) fn jump(&self, to: Instant) {
        let passed = TimeDelta::from_std(self.begun.elapsed()).unwrap_or_default();
        self.began_at.send_replace(to - passed);
    }
}

#[async_trait]
impl Clock for JumpingClock {
    fn now(&self) -> Instant {
        after(*self.began_at.borrow(), self.begun.elapsed())
    }

    async fn sleep_until(&self, instant: Instant) {
        let mut jumps = self.began_at.subscribe();
        while let Ok(left) = (instant - self.now()).to_std() {
            if left.is_zero() {
                return;
            }
            // Either ends the nap; what the clock shows then decides.
            let _ = tokio::time::timeout(left.min(LONGEST_NAP), jumps.changed()).await;
        }
    }
}
