//! A clock that moves only when nothing else can, and that may jump.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    task::{Poll, Waker},
};

use async_trait::async_trait;

use crate::{ports::Clock, schedule::Instant};

/// The one clock of a simulation.
pub(super) struct VirtualClock {
    inner: Mutex<Inner>,
}

struct Inner {
    now: Instant,
    sleepers: BTreeMap<(Instant, u64), Waker>,
    next: u64,
}

impl VirtualClock {
    pub(super) fn at(now: Instant) -> Self {
        Self { inner: Mutex::new(Inner { now, sleepers: BTreeMap::new(), next: 0 }) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next instant that somebody waits for.
    pub(super) fn next(&self) -> Option<Instant> {
        self.lock().sleepers.keys().next().map(|(at, _)| *at)
    }

    /// Sets the clock, in either direction, and wakes whoever waited for an instant that has come.
    pub(super) fn set(&self, now: Instant) {
        let woken: Vec<Waker> = {
            let mut inner = self.lock();
            inner.now = now;
            let later = inner.sleepers.split_off(&(now, u64::MAX));
            std::mem::replace(&mut inner.sleepers, later).into_values().collect()
        };
        woken.into_iter().for_each(Waker::wake);
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
        self.lock().now
    }

    async fn sleep_until(&self, instant: Instant) {
        let mut sleeper = Sleeper { clock: self, key: None };
        std::future::poll_fn(|context| {
            sleeper.clock.forget(sleeper.key.take());
            let mut inner = self.lock();
            if inner.now >= instant {
                return Poll::Ready(());
            }
            inner.next += 1;
            let key = (instant, inner.next);
            inner.sleepers.insert(key, context.waker().clone());
            sleeper.key = Some(key);
            Poll::Pending
        })
        .await;
    }
}
