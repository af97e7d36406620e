//! How much an agent's account sends, so that Gmail is never brought to refuse it and the agent's own mail has room.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use dripr_core::{
    errors::PortResult,
    ports::{Permit, RateLimiter},
    schedule::Instant,
};

const MINUTE: TimeDelta = TimeDelta::minutes(1);
const DAY: TimeDelta = TimeDelta::hours(24);

/// So many in any minute and so many in any 24 hours, for each account by itself.
///
/// It counts in memory, in one process, from the start of it. Where several processes send by the same accounts, or start
/// often, give the mailer a limiter that they share
/// ([`GmailMailer::paced_by`](super::GmailMailer::paced_by)).
///
/// ```
/// use dripr_adapters::gmail::SendingPace;
/// use dripr_core::ports::{Permit, RateLimiter};
///
/// # let rt = tokio::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let pace = SendingPace::new(1, 2);
/// let at = |time: &str| format!("2026-03-12T{time}Z").parse();
/// assert_eq!(pace.take("gmail:ana", 1, at("15:00:00")?).await?, Permit::Granted);
/// let minute = Permit::Exhausted { retry_at: at("15:01:00")? };
/// assert_eq!(pace.take("gmail:ana", 1, at("15:00:30")?).await?, minute);
/// assert_eq!(pace.take("gmail:ben", 1, at("15:00:30")?).await?, Permit::Granted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SendingPace {
    limits: [(TimeDelta, usize); 2],
    sent: Mutex<HashMap<String, VecDeque<Instant>>>,
}

impl SendingPace {
    /// A pace of so many in a minute and so many in a day, one at least.
    #[must_use]
    pub fn new(per_minute: u32, per_day: u32) -> Self {
        let limit = |most: u32| most.max(1) as usize;
        Self { limits: [(MINUTE, limit(per_minute)), (DAY, limit(per_day))], sent: Mutex::default() }
    }

    fn permit(&self, sent: &mut VecDeque<Instant>, calls: usize, now: Instant) -> Permit {
        // What was sent by a clock that was ahead was sent by now.
        for instant in sent.iter_mut().rev().take_while(|instant| **instant > now) {
            *instant = now;
        }
        let since = |window| now.checked_sub_signed(window).unwrap_or(Instant::MIN_UTC);
        while sent.front().is_some_and(|first| *first <= since(DAY)) {
            sent.pop_front();
        }
        let waits = self.limits.iter().filter_map(|(window, most)| {
            let within = sent.iter().rev().take_while(|instant| **instant > since(*window)).count();
            let too_many = (within + calls).saturating_sub(*most);
            if too_many == 0 {
                return None;
            }
            // So many of the window's oldest have to leave it first.
            let leaving = sent.get(sent.len() - within + too_many.min(within).saturating_sub(1));
            leaving.copied().unwrap_or(now).checked_add_signed(*window)
        });
        match waits.max() {
            Some(retry_at) => Permit::Exhausted { retry_at },
            None => {
                sent.extend(std::iter::repeat_n(now, calls));
                Permit::Granted
            }
        }
    }
}

impl fmt::Debug for SendingPace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [(_, per_minute), (_, per_day)] = self.limits;
        f.debug_struct("SendingPace")
            .field("per_minute", &per_minute)
            .field("per_day", &per_day)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl RateLimiter for SendingPace {
    async fn take(&self, api: &str, calls: u32, now: Instant) -> PortResult<Permit> {
        // A panic elsewhere leaves each list whole.
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.permit(sent.entry(api.to_owned()).or_default(), calls as usize, now))
    }
}

#[cfg(test)]
mod tests {
    use dripr_core::testkit::contract;

    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn it_is_a_rate_limiter() {
        for (per_minute, per_day) in [(3, 100), (100, 3), (5, 5)] {
            let allowed = per_minute.min(per_day);
            let pace = SendingPace::new(per_minute, per_day);
            contract::rate_limiter(&pace, "gmail:ana", allowed, at("2026-03-12T15:00:00Z")).await;
        }
    }

    #[tokio::test]
    async fn no_minute_and_no_24_hours_have_more_than_there_may_be() {
        let pace = SendingPace::new(3, 10);
        let start = at("2026-03-12T15:00:00Z");
        let mut granted = Vec::new();
        for step in 0..6 * 60 * 48 {
            let now = start + TimeDelta::seconds(10 * step);
            while pace.take("gmail:ana", 1, now).await.unwrap() == Permit::Granted {
                granted.push(now);
            }
        }
        assert_eq!(granted.len(), 20, "two days");
        for (window, most) in [(MINUTE, 3), (DAY, 10)] {
            for first in &granted {
                let within = granted.iter().filter(|now| *first <= **now && **now < *first + window).count();
                assert!(within <= most, "{within} from {first} on");
            }
        }
    }

    #[tokio::test]
    async fn whoever_comes_back_when_told_to_is_let_through() {
        let pace = SendingPace::new(2, 3);
        let mut now = at("2026-03-12T15:00:00Z");
        let mut waits = Vec::new();
        for _ in 0..8 {
            if let Permit::Exhausted { retry_at } = pace.take("gmail:ana", 1, now).await.unwrap() {
                waits.push((retry_at - now).num_minutes());
                now = retry_at;
                assert_eq!(pace.take("gmail:ana", 1, now).await.unwrap(), Permit::Granted);
            }
            now += TimeDelta::seconds(1);
        }
        assert_eq!(waits.iter().filter(|minutes| **minutes > 60).count(), 2, "{waits:?}");
    }

    #[tokio::test]
    async fn a_clock_that_was_ahead_has_sent_now() {
        let pace = SendingPace::new(10, 1);
        let (now, ahead) = (at("2026-03-12T15:00:00Z"), at("2036-03-12T15:00:00Z"));
        assert_eq!(pace.take("gmail:ana", 1, ahead).await.unwrap(), Permit::Granted);
        let retry_at = at("2026-03-13T15:00:00Z");
        assert_eq!(pace.take("gmail:ana", 1, now).await.unwrap(), Permit::Exhausted { retry_at });
        assert_eq!(pace.take("gmail:ana", 1, retry_at).await.unwrap(), Permit::Granted);
    }
}
