//! A clock that moves only when nothing else can, and that may jump.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    task::{Poll, Waker},
};

use async_trait::async_trait;
use chrono::TimeDelta;

use crate::{ports::Clock, schedule::Instant};

/// The one clock of a simulation.
///
/// Sleepers sleep for a time, as on a real machine: when the clock jumps, they sleep no longer and no shorter. So what they
/// wait for is kept in steady time, which is what the clock would show if it had never jumped.
pub(super) struct VirtualClock {
    inner: Mutex<Inner>,
}

struct Inner {
    steady: Instant,
    /// By how much the clock has jumped.
    jumped: TimeDelta,
    /// By steady time.
    sleepers: BTreeMap<(Instant, u64), Waker>,
    next: u64,
}

impl VirtualClock {
    pub(super) fn at(now: Instant) -> Self {
        let inner = Inner { steady: now, jumped: TimeDelta::zero(), sleepers: BTreeMap::new(), next: 0 };
        Self { inner: Mutex::new(inner) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it would show if it had never jumped.
    pub(super) fn steady(&self) -> Instant {
        self.lock().steady
    }

    /// The next steady time that somebody waits for.
    pub(super) fn next(&self) -> Option<Instant> {
        self.lock().sleepers.keys().next().map(|(at, _)| *at)
    }

    /// Lets time pass until a steady time, and wakes whoever waited for one that has come.
    pub(super) fn pass_until(&self, steady: Instant) {
        let woken: Vec<Waker> = {
            let mut inner = self.lock();
            inner.steady = steady;
            let later = inner.sleepers.split_off(&(steady, u64::MAX));
            std::mem::replace(&mut inner.sleepers, later).into_values().collect()
        };
        woken.into_iter().for_each(Waker::wake);
    }

    /// Shows another time from now on.
    pub(super) fn jump(&self, by: TimeDelta) {
        self.lock().jumped += by;
    }

    fn forget(&self, key: Option<(Instant, u64)>) {
        if let Some(key) = key {
            self.lock().sleepers.remove(&key);
        }
    }
}

/// Takes a sleeper off the list when nobody waits for it any more.
struct Sleeper<'a> {
    clock: &'a VirtualClock,
    key: Option<(Instant, u64)>,
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.clock.forget(self.key);
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        let inner = self.lock();
        inner.steady + inner.jumped
    }

    async fn sleep_until(&self, instant: Instant) {
        let jumped = self.lock().jumped;
        // At the ends of time it makes no difference.
        let until = instant.checked_sub_signed(jumped).unwrap_or(instant);
        let mut sleeper = Sleeper { clock: self, key: None };
        std::future::poll_fn(|context| {
            sleeper.clock.forget(sleeper.key.take());
            let mut inner = self.lock();
            if inner.steady >= until {
                return Poll::Ready(());
            }
            inner.next += 1;
            let key = (until, inner.next);
            inner.sleepers.insert(key, context.waker().clone());
            sleeper.key = Some(key);
            Poll::Pending
        })
        .await;
    }
}

/// The clock as one process sees it.
pub(super) struct SkewedClock {
    pub(super) clock: Arc<VirtualClock>,
    pub(super) ahead: TimeDelta,
}

#[async_trait]
impl Clock for SkewedClock {
    fn now(&self) -> Instant {
        self.clock.now() + self.ahead
    }

    async fn sleep_until(&self, instant: Instant) {
        // At the ends of time it makes no difference.
        self.clock.sleep_until(instant.checked_sub_signed(self.ahead).unwrap_or(instant)).await;
    }
}

#[cfg(all(test, feature = "testkit"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_keeps_the_clock_contract() {
        let clock = VirtualClock::at("2026-03-01T12:00:00Z".parse().unwrap());
        crate::testkit::contract::clock(&clock, |instant| clock.pass_until(instant)).await;
    }
}
