//! Something that is gathered when somebody asks, and kept for a while: asking often costs no more than asking seldom.

use std::{sync::Arc, time::Duration};

use dripr_core::{policy::after, ports::Clock, schedule::Instant};
use tokio::sync::Mutex;

/// Something gathered and kept. Those who ask while it is gathered wait for that and do not gather themselves.
pub(super) struct Kept<T> {
    clock: Arc<dyn Clock>,
    least: Duration,
    share: u32,
    last: Mutex<Option<Last<T>>>,
}

struct Last<T> {
    value: Arc<T>,
    since: Instant,
    until: Instant,
}

impl<T> Kept<T> {
    /// Nothing yet. What is gathered is kept for `least`, and for `share` times as long as gathering it took: so that,
    /// however much there is, gathering takes no more than one part of `share` + 1 of the time.
    pub(super) fn new(clock: Arc<dyn Clock>, least: Duration, share: u32) -> Self {
        Self { clock, least, share, last: Mutex::new(None) }
    }

    /// What is kept, or what is gathered now.
    pub(super) async fn get(&self, gather: impl Future<Output = T>) -> Arc<T> {
        let mut last = self.last.lock().await;
        let began = self.clock.now();
        // A clock that was put back does not keep anything for longer.
        if let Some(last) = last.as_ref().filter(|last| last.since <= began && began < last.until) {
            return last.value.clone();
        }
        let value = Arc::new(gather.await);
        let since = self.clock.now();
        let took = since.signed_duration_since(began).to_std().unwrap_or_default();
        let until = after(since, self.least.max(took.saturating_mul(self.share)));
        *last = Some(Last { value: value.clone(), since, until });
        value
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use chrono::TimeDelta;
    use dripr_core::testkit::ManualClock;

    use super::*;

    #[tokio::test]
    async fn what_took_long_is_kept_for_long() {
        let clock = Arc::new(ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap()));
        let kept = Kept::new(clock.clone(), Duration::from_secs(5), 50);
        let gathered = AtomicU32::new(0);
        let get = async |takes: i64| {
            let gather = async {
                clock.set(clock.now() + TimeDelta::milliseconds(takes));
                gathered.fetch_add(1, Ordering::Relaxed) + 1
            };
            *kept.get(gather).await
        };
        let later = |seconds| clock.set(clock.now() + TimeDelta::seconds(seconds));
        assert_eq!(get(10).await, 1);
        later(4);
        assert_eq!(get(10).await, 1);
        later(1);
        assert_eq!(get(2_000).await, 2);
        later(99);
        assert_eq!(get(0).await, 2);
        later(1);
        assert_eq!(get(0).await, 3);
        later(-3600);
        assert_eq!(get(0).await, 4, "a clock that was put back");
    }

    #[tokio::test]
    async fn those_who_ask_at_once_share_one_answer() {
        let clock = Arc::new(ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap()));
        let kept = Kept::new(clock, Duration::from_secs(5), 50);
        let gathered = AtomicU32::new(0);
        let gather = || async {
            tokio::task::yield_now().await;
            gathered.fetch_add(1, Ordering::Relaxed)
        };
        let (a, b, c) = tokio::join!(kept.get(gather()), kept.get(gather()), kept.get(gather()));
        assert_eq!((*a, *b, *c, gathered.into_inner()), (0, 0, 0, 1));
    }
}
