use std::time::Duration;

use chrono::TimeDelta;
use dripr_adapters::{
    redis::RedisRateLimiter,
    token_bucket::{Rate, TokenBuckets},
};
use dripr_core::{
    ports::{Permit, RateLimiter},
    schedule::Instant,
    testkit::contract,
};
use futures_util::future::join_all;

use super::place::{Place, at};

const HOUR: Duration = Duration::from_secs(3600);

fn hourly(place: &Place, calls: u32) -> RedisRateLimiter {
    RedisRateLimiter::new(place.redis(), [("api".to_owned(), Rate { calls, period: HOUR })])
}

#[tokio::test]
async fn it_is_a_rate_limiter() {
    for calls in [2, 7, 60] {
        let place = Place::new();
        contract::rate_limiter(&hourly(&place, calls), "api", calls, at("2026-03-12T15:00:00Z")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_one_bucket() {
    let place = Place::new();
    let limiters = [hourly(&place, 50), hourly(&place, 50)];
    let now = at("2026-03-12T15:00:00Z");
    let tasks = (0..4).map(|task| {
        let limiter = limiters[task % 2].clone();
        tokio::spawn(async move {
            let permits = join_all((0..30).map(|_| limiter.take("api", 1, now))).await;
            permits.into_iter().filter(|permit| *permit.as_ref().unwrap() == Permit::Granted).count()
        })
    });
    let granted: usize = join_all(tasks).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(granted, 50);
}

/// The same answers as the buckets in memory, on a clock that goes forward, stands still and goes back.
#[tokio::test]
async fn it_fills_as_buckets_in_memory_do() {
    let place = Place::new();
    let rates = [(1, 1), (3, 7), (60, 60), (1_000, 1)];
    let rates = rates.map(|(calls, seconds)| Rate { calls, period: Duration::from_secs(seconds) });
    let named = || rates.iter().enumerate().map(|(n, rate)| (format!("api{n}"), *rate));
    let memory = TokenBuckets::new(named()).with_each("mail:", rates[1]);
    let shared = RedisRateLimiter::new(place.redis(), named()).with_each("mail:", rates[1]);
    let mut now = at("2026-03-12T15:00:00Z");
    let mut chance = 1_u64;
    let mut next = |below: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % below
    };
    let (mut granted, mut refused) = (0, 0);
    for step in 0..1_500 {
        let api = ["api0", "api1", "api2", "api3", "mail:ana", "mail:bob", "no-rate"][next(7) as usize];
        now += match next(20) {
            0 => TimeDelta::microseconds(-5_000_000),
            1 => TimeDelta::microseconds(20_000_000),
            n if n < 8 => TimeDelta::zero(),
            _ => TimeDelta::microseconds(next(400_000) as i64),
        };
        let calls = next(4) as u32;
        let wanted = memory.take(api, calls, now).await.unwrap();
        assert_eq!(
            shared.take(api, calls, now).await.unwrap(),
            wanted,
            "step {step}: {calls} of {api} at {now}"
        );
        if wanted == Permit::Granted { granted += 1 } else { refused += 1 }
    }
    assert!(granted > 300 && refused > 150, "{granted} granted, {refused} refused");
}

#[tokio::test]
async fn a_clock_that_was_ahead_owes_and_is_owed_nothing() {
    let place = Place::new();
    let limiter = hourly(&place, 2);
    let (now, ahead) = (at("2026-03-12T15:00:00Z"), at("2036-03-12T15:00:00Z"));
    assert_eq!(limiter.take("api", 2, ahead).await.unwrap(), Permit::Granted);
    let retry_at = at("2026-03-12T15:30:00Z");
    assert_eq!(limiter.take("api", 1, now).await.unwrap(), Permit::Exhausted { retry_at });
    assert_eq!(limiter.take("api", 1, retry_at).await.unwrap(), Permit::Granted);
}

#[tokio::test]
async fn what_is_below_a_microsecond_makes_no_call_early() {
    let place = Place::new();
    let limiter = hourly(&place, 1);
    let now = at("2026-03-12T15:00:00.000000999Z");
    assert_eq!(limiter.take("api", 1, now).await.unwrap(), Permit::Granted);
    let Permit::Exhausted { retry_at } = limiter.take("api", 1, now).await.unwrap() else {
        panic!("used up")
    };
    let before = retry_at - TimeDelta::nanoseconds(1);
    assert_eq!(limiter.take("api", 1, before).await.unwrap(), Permit::Exhausted { retry_at });
    assert_eq!(limiter.take("api", 1, retry_at).await.unwrap(), Permit::Granted);
}

#[tokio::test]
async fn buckets_go_by_themselves() {
    let place = Place::new();
    let limiter = hourly(&place, 10);
    limiter.take("api", 1, at("2026-03-12T15:00:00Z")).await.unwrap();
    let keys = place.keys();
    assert_eq!(keys.len(), 1);
    let left: i64 = redis::cmd("PTTL").arg(&keys[0]).query(&mut place.raw()).unwrap();
    assert!(left > 3_600_000 && left <= 2 * 3_600_000 + 60_000, "{left} ms");
}

#[tokio::test]
async fn no_rate_and_no_name_breaks_it() {
    let place = Place::ending("*?[\\]{}\r\n\u{0}'\" \u{1F3E0}:");
    let periods = [Duration::ZERO, Duration::from_nanos(1), Duration::MAX];
    for (calls, period) in
        [0, 1, u32::MAX].into_iter().flat_map(|calls| periods.map(|period| (calls, period)))
    {
        let limiter = RedisRateLimiter::new(place.redis(), []).with_each("", Rate { calls, period });
        for api in ["", "\u{0}\r\n", "a' .. redis.call('FLUSHALL') .. '", "{x}"] {
            for now in [Instant::MIN_UTC, at("2026-03-12T15:00:00Z"), Instant::MAX_UTC] {
                for calls in [0, 1, u32::MAX] {
                    limiter.take(api, calls, now).await.unwrap();
                }
            }
        }
    }
    assert!(place.keys().len() <= 4);
}
