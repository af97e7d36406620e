//! The clock on the wall: the only place of the program that asks the system what time it is.

use std::time::Duration;

use async_trait::async_trait;
use dripr_core::{ports::Clock, schedule::Instant};

/// How long is waited at most before the clock on the wall is read again. A timer does not notice that somebody set
/// the clock or that the machine slept; reading again does.
const LONGEST_NAP: Duration = Duration::from_secs(30);

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
    fn now(&self) -> Instant {
        Instant::from(std::time::SystemTime::now())
    }

    async fn sleep_until(&self, instant: Instant) {
        // Ends when the clock on the wall says so, however often it was set in between.
        while let Ok(left) = (instant - self.now()).to_std() {
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LONGEST_NAP)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[tokio::test]
    async fn an_instant_that_has_passed_is_not_waited_for() {
        let clock = SystemClock;
        clock.sleep_until(clock.now() - TimeDelta::hours(1)).await;
        clock.sleep_until(Instant::MIN_UTC).await;
    }

    #[tokio::test]
    async fn waiting_ends_only_once_the_clock_has_reached_the_instant() {
        let clock = SystemClock;
        let until = clock.now() + TimeDelta::milliseconds(3);
        clock.sleep_until(until).await;
        assert!(clock.now() >= until);
    }
}
