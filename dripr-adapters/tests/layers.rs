//! What layers do around ports, on a clock that is set by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_adapters::layers::{
    Cache, CircuitBreaker, Fallback, Layer, Layered, Meter, Metrics, RateLimit, Retry, Seen, Timeout,
};
use dripr_core::{
    content::{FiguresOf, MarketStatistics, ZipCode},
    errors::{Fault, PortError, PortResult},
    policy::after,
    ports::{Allowance, CallCounter, Clock, Mailer, MarketSource, Permit, RateLimiter, SendOutcome},
    schedule::Instant,
    testkit::{Mailbox, ManualClock, Mood, SeededEntropy, samples},
};
use futures_util::{FutureExt, future::join_all, poll};
use tokio::sync::Semaphore;

const SECOND: Duration = Duration::from_secs(1);

fn zip() -> ZipCode {
    "98103".parse().unwrap()
}

fn day() -> NaiveDate {
    "2026-03-12".parse().unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at("2026-03-12T15:00:00Z".parse().unwrap()))
}

fn pass(clock: &ManualClock, pause: Duration) {
    clock.set(after(clock.now(), pause));
}

/// A market source that does what it is told, one call after the other, and then answers well.
#[derive(Default)]
struct Script {
    calls: AtomicUsize,
    next: Mutex<VecDeque<Does>>,
}

enum Does {
    Fail(Fault, Option<u64>),
    Hang,
    AnswerFor(&'static str),
}

impl Script {
    fn of(next: impl IntoIterator<Item = Does>) -> Arc<Self> {
        Arc::new(Self { calls: AtomicUsize::new(0), next: Mutex::new(next.into_iter().collect()) })
    }

    fn failing(faults: impl IntoIterator<Item = Fault>) -> Arc<Self> {
        Self::of(faults.into_iter().map(|fault| Does::Fail(fault, None)))
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl MarketSource for Script {
    async fn statistics(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<MarketStatistics> {
        allowance.take().await?;
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let next = self.next.lock().unwrap().pop_front();
        let zip_code = match next {
            Some(Does::Fail(fault, pause)) => {
                let error = PortError::new(fault, format!("failure {call}"));
                return Err(match pause {
                    Some(seconds) => error.retry_after(Duration::from_secs(seconds)),
                    None => error,
                });
            }
            Some(Does::Hang) => std::future::pending().await,
            Some(Does::AnswerFor(zip)) => zip.parse().unwrap(),
            None => zip,
        };
        Ok(MarketStatistics {
            zip_code,
            as_of,
            period_days: 90,
            figures_of: FiguresOf::Sold,
            sales: Some(u32::try_from(call).unwrap()),
            median_price: None,
            median_price_per_sqft: None,
            median_days_on_market: None,
            new_listings: None,
            active_listings: None,
            trend: None,
            source: "a script".to_owned(),
        })
    }
}

fn layered<L: Layer>(script: &Arc<Script>, layer: L) -> Layered<Script, L> {
    Layered::new(script.clone(), layer)
}

async fn ask(source: &dyn MarketSource) -> Result<u32, (Fault, Option<u64>)> {
    match source.statistics(zip(), day(), &Allowance::unlimited()).await {
        Ok(market) => Ok(market.sales.unwrap()),
        Err(error) => Err((error.fault(), error.pause().map(|pause| pause.as_secs()))),
    }
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_given_up() {
    let (clock, script) = (clock(), Script::of([Does::Hang]));
    let source = layered(&script, Timeout::new("a script", clock.clone(), 10 * SECOND));
    let mut asked = ask(&source).boxed();
    assert!(poll!(&mut asked).is_pending());
    pass(&clock, Duration::from_millis(9_999));
    assert!(poll!(&mut asked).is_pending());
    pass(&clock, Duration::from_millis(1));
    assert_eq!(asked.await, Err((Fault::Unavailable, None)));
    assert_eq!(ask(&source).await, Ok(1));
}

/// Lets a retry go through its pauses, and gives how long they were.
async fn pauses(clock: &ManualClock, source: &dyn MarketSource) -> (Result<u32, Fault>, Duration) {
    let began = clock.now();
    let mut asked = ask(source).boxed();
    loop {
        if let std::task::Poll::Ready(answer) = poll!(&mut asked) {
            let took = clock.now().signed_duration_since(began).to_std().unwrap();
            return (answer.map_err(|(fault, _)| fault), took);
        }
        pass(clock, Duration::from_millis(10));
    }
}

fn retry(clock: &Arc<ManualClock>, tries: u32) -> Retry {
    Retry::new(clock.clone(), Arc::new(SeededEntropy::new(1)), tries, SECOND, 5 * SECOND)
}

#[tokio::test]
async fn what_may_pass_is_asked_again_a_few_times() {
    let clock = clock();
    for heals in [Fault::Unavailable, Fault::Garbled, Fault::Throttled] {
        let script = Script::failing([heals; 2]);
        let (answer, took) = pauses(&clock, &layered(&script, retry(&clock, 3))).await;
        assert_eq!((answer, script.calls()), (Ok(2), 3));
        assert!(took <= 3 * SECOND + SECOND / 10, "one second and two at most: {took:?}");
        let script = Script::failing([heals; 3]);
        let (answer, _) = pauses(&clock, &layered(&script, retry(&clock, 3))).await;
        assert_eq!((answer, script.calls()), (Err(heals), 3));
    }
    for stays in [Fault::NotFound, Fault::Invalid, Fault::Misconfigured, Fault::NotAllowed, Fault::NotYet] {
        let script = Script::failing([stays]);
        let (answer, took) = pauses(&clock, &layered(&script, retry(&clock, 3))).await;
        assert_eq!((answer, script.calls(), took), (Err(stays), 1, Duration::ZERO));
    }
}

#[tokio::test]
async fn a_retry_waits_as_long_as_it_is_asked_to_or_leaves_it() {
    let clock = clock();
    let script = Script::of([Does::Fail(Fault::Throttled, Some(4))]);
    let (answer, took) = pauses(&clock, &layered(&script, retry(&clock, 3))).await;
    assert_eq!((answer, script.calls()), (Ok(1), 2));
    assert!((4 * SECOND..5 * SECOND).contains(&took), "{took:?}");
    let script = Script::of([Does::Fail(Fault::Throttled, Some(6))]);
    let (answer, took) = pauses(&clock, &layered(&script, retry(&clock, 3))).await;
    assert_eq!((answer, script.calls(), took), (Err(Fault::Throttled), 1, Duration::ZERO));
}

/// Permits so many calls, and then none for a minute.
struct Permits(Mutex<u32>);

#[async_trait]
impl RateLimiter for Permits {
    async fn take(&self, api: &str, calls: u32, now: Instant) -> PortResult<Permit> {
        assert_eq!((api, calls), ("script", 1));
        let mut left = self.0.lock().unwrap();
        Ok(match left.checked_sub(1) {
            Some(less) => {
                *left = less;
                Permit::Granted
            }
            None => Permit::Exhausted { retry_at: after(now, 60 * SECOND) },
        })
    }
}

#[tokio::test]
async fn a_limit_that_is_used_up_says_when_to_come_back_and_asks_nobody() {
    let script = Script::of([]);
    let limit = RateLimit::new("script", clock(), Arc::new(Permits(Mutex::new(2))));
    let source = layered(&script, limit);
    assert_eq!((ask(&source).await, ask(&source).await), (Ok(0), Ok(1)));
    assert_eq!(ask(&source).await, Err((Fault::NotYet, Some(60))));
    assert_eq!(script.calls(), 2);
}

#[tokio::test]
async fn who_keeps_failing_is_left_alone_and_then_tried_by_one() {
    let (clock, script) = (clock(), Script::failing([Fault::Unavailable; 4]));
    let source = layered(&script, CircuitBreaker::new("a script", clock.clone(), 3, 60 * SECOND));
    for _ in 0..3 {
        assert_eq!(ask(&source).await, Err((Fault::Unavailable, None)));
    }
    assert_eq!(ask(&source).await, Err((Fault::Unavailable, Some(60))));
    assert_eq!(script.calls(), 3, "nobody asks while it is open");
    pass(&clock, 60 * SECOND);
    assert_eq!(ask(&source).await, Err((Fault::Unavailable, None)));
    assert_eq!(script.calls(), 4, "one finds out how it is");
    assert_eq!(ask(&source).await, Err((Fault::Unavailable, Some(60))));
    pass(&clock, 60 * SECOND);
    assert_eq!((ask(&source).await, ask(&source).await), (Ok(4), Ok(5)));
}

#[tokio::test]
async fn only_one_at_a_time_finds_out_and_another_may_if_it_is_dropped() {
    let (clock, script) = (clock(), Script::of([Does::Fail(Fault::Garbled, None), Does::Hang]));
    let source = layered(&script, CircuitBreaker::new("a script", clock.clone(), 1, 60 * SECOND));
    ask(&source).await.unwrap_err();
    pass(&clock, 60 * SECOND);
    let mut first = ask(&source).boxed();
    assert!(poll!(&mut first).is_pending());
    assert_eq!(ask(&source).await, Err((Fault::Unavailable, Some(0))));
    drop(first);
    assert_eq!(ask(&source).await, Ok(2));
}

#[tokio::test]
async fn answers_of_any_kind_close_it_and_pauses_are_kept_by_all() {
    let (clock, unavailable) = (clock(), Fault::Unavailable);
    let script = Script::failing([unavailable, Fault::NotFound, unavailable, Fault::NotAllowed]);
    let source = layered(&script, CircuitBreaker::new("a script", clock.clone(), 2, 60 * SECOND));
    for _ in 0..4 {
        ask(&source).await.unwrap_err();
    }
    assert_eq!(ask(&source).await, Ok(4), "never two failures in a row");
    let script = Script::of([Does::Fail(Fault::Throttled, Some(30)), Does::Fail(Fault::Throttled, None)]);
    let source = layered(&script, CircuitBreaker::new("a script", clock.clone(), 1, 60 * SECOND));
    assert_eq!(ask(&source).await, Err((Fault::Throttled, Some(30))));
    assert_eq!(ask(&source).await, Err((Fault::NotYet, Some(30))));
    pass(&clock, 30 * SECOND);
    assert_eq!(ask(&source).await, Err((Fault::Throttled, None)));
    assert_eq!(ask(&source).await, Err((Fault::NotYet, Some(1))));
    pass(&clock, SECOND);
    assert_eq!((ask(&source).await, script.calls()), (Ok(2), 3));
}

#[tokio::test]
async fn a_clock_that_was_wrong_keeps_nobody_out_for_years() {
    let (clock, script) = (clock(), Script::failing([Fault::Unavailable]));
    let source = layered(&script, CircuitBreaker::new("a script", clock.clone(), 1, 60 * SECOND));
    let right = clock.now();
    pass(&clock, Duration::from_secs(10 * 365 * 24 * 3600));
    ask(&source).await.unwrap_err();
    clock.set(right);
    assert_eq!(ask(&source).await, Ok(1));
}

fn fallback(scripts: [&Arc<Script>; 2]) -> Fallback<dyn MarketSource> {
    let [first, second] = scripts.map(|script| script.clone() as Arc<dyn MarketSource>);
    Fallback::new([first, second])
}

#[tokio::test]
async fn the_next_source_is_asked_where_one_has_no_answer() {
    let gone = [Fault::Unavailable, Fault::Throttled, Fault::Garbled, Fault::Misconfigured, Fault::NotFound];
    for fault in gone {
        let (first, second) = (Script::failing([fault]), Script::of([]));
        assert_eq!(ask(&fallback([&first, &second])).await, Ok(0), "{fault:?}");
        assert_eq!((first.calls(), second.calls()), (1, 1));
    }
    // An answer about another place is none.
    let (first, second) = (Script::of([Does::AnswerFor("10001")]), Script::of([]));
    assert_eq!(ask(&fallback([&first, &second])).await, Ok(0));
    assert_eq!(second.calls(), 1);
    // The first has the better answer, only not now.
    let (first, second) = (Script::failing([Fault::NotYet]), Script::of([]));
    assert_eq!(ask(&fallback([&first, &second])).await, Err((Fault::NotYet, None)));
    assert_eq!(second.calls(), 0);
}

#[tokio::test]
async fn if_none_answers_the_error_is_one_that_may_heal() {
    for (first, second, expected) in [
        (Fault::NotFound, Fault::Unavailable, Fault::Unavailable),
        (Fault::Unavailable, Fault::NotFound, Fault::Unavailable),
        (Fault::NotFound, Fault::Misconfigured, Fault::NotFound),
    ] {
        let scripts = [Script::failing([first]), Script::failing([second])];
        let answer = ask(&fallback([&scripts[0], &scripts[1]])).await;
        assert_eq!(answer, Err((expected, None)), "{first:?} {second:?}");
    }
}

struct Purse(AtomicUsize);

#[async_trait]
impl CallCounter for Purse {
    async fn count(&self) -> PortResult<()> {
        let spent = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        spent.map(|_| ()).map_err(|_| PortError::new(Fault::NotAllowed, "no call is left"))
    }
}

#[tokio::test]
async fn every_try_and_every_source_costs_a_call() {
    let clock = clock();
    let (first, second) =
        (Script::failing([Fault::Unavailable; 9]), Script::failing([Fault::Unavailable; 9]));
    let tried = |script: &Arc<Script>| -> Arc<dyn MarketSource> {
        let instant =
            Retry::new(clock.clone(), Arc::new(SeededEntropy::new(1)), 3, Duration::ZERO, Duration::ZERO);
        Arc::new(layered(script, instant))
    };
    let source = Fallback::new([tried(&first), tried(&second)]);
    let purse = Allowance::counted_by(Arc::new(Purse(AtomicUsize::new(5))));
    let error = source.statistics(zip(), day(), &purse).await.unwrap_err();
    assert_eq!((first.calls(), second.calls()), (3, 2));
    assert_eq!(error.fault(), Fault::Unavailable, "what was learnt is told: {error}");
}

#[tokio::test]
async fn what_was_answered_lately_is_remembered() {
    let (clock, script) = (clock(), Script::of([]));
    let source = layered(&script, Cache::new(clock.clone(), 60 * SECOND, 2));
    assert_eq!((ask(&source).await, ask(&source).await), (Ok(0), Ok(0)));
    pass(&clock, 60 * SECOND);
    assert_eq!((ask(&source).await, ask(&source).await), (Ok(1), Ok(1)));
    // Another question is another one, and there is room for two.
    for zip in ["98105", "98115", "98117"] {
        source.statistics(zip.parse().unwrap(), day(), &Allowance::unlimited()).await.unwrap();
    }
    assert_eq!(script.calls(), 5);
    assert_eq!(ask(&source).await, Ok(5), "the room was needed");
}

#[tokio::test]
async fn those_who_ask_at_once_share_one_answer_and_one_failure() {
    let script = Script::of([]);
    let source = layered(&script, Cache::new(clock(), 60 * SECOND, 9));
    assert_eq!(join_all((0..50).map(|_| ask(&source))).await, vec![Ok(0); 50]);
    assert_eq!(script.calls(), 1);

    let script = Script::of([Does::Hang]);
    let source = layered(&script, Cache::new(clock(), 60 * SECOND, 9));
    let mut first = ask(&source).boxed();
    assert!(poll!(&mut first).is_pending());
    let mut second = ask(&source).boxed();
    assert!(poll!(&mut second).is_pending());
    drop(first);
    assert_eq!(second.await, Ok(1), "whoever waits asks if the first is gone");

    let slow = Arc::new(Slow { gate: Semaphore::new(0), calls: AtomicUsize::new(0) });
    let source = Layered::new(slow.clone(), Cache::new(clock(), 60 * SECOND, 9));
    let mut all = join_all((0..5).map(|_| ask(&source))).boxed();
    assert!(poll!(&mut all).is_pending());
    slow.gate.add_permits(1);
    assert_eq!(all.await, vec![Err((Fault::Unavailable, None)); 5]);
    assert_eq!(slow.calls.load(Ordering::Relaxed), 1);
    ask(&source).await.unwrap_err();
    assert_eq!(slow.calls.load(Ordering::Relaxed), 2, "a failure is not remembered");
}

/// Fails as soon as its gate is opened.
struct Slow {
    gate: Semaphore,
    calls: AtomicUsize,
}

#[async_trait]
impl MarketSource for Slow {
    async fn statistics(&self, _: ZipCode, _: NaiveDate, _: &Allowance) -> PortResult<MarketStatistics> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let _permit = self.gate.acquire().await.unwrap();
        Err(PortError::new(Fault::Unavailable, "slow and down"))
    }
}

#[tokio::test]
async fn calls_failures_and_time_are_counted() {
    let (clock, metrics) = (clock(), Metrics::default());
    let gone = [Fault::Unavailable, Fault::Throttled, Fault::NotFound, Fault::NotYet, Fault::NotAllowed];
    let script = Script::failing(gone);
    let source = layered(&script, Meter::new("a script", clock.clone(), metrics.clone()));
    for _ in 0..6 {
        let _ = ask(&source).await;
    }
    let [(provider, operation, counted)] = metrics.counted()[..] else { panic!("one operation") };
    assert_eq!((provider, operation), ("a script", "statistics"));
    assert_eq!((counted.calls, counted.failed, counted.throttled), (4, 2, 1));
}

#[tokio::test]
async fn calls_to_a_mailer_are_counted_and_fail_if_the_provider_takes_nothing() {
    let (clock, metrics, mailbox) = (clock(), Metrics::default(), Arc::new(Mailbox::new()));
    let mailer = Seen::new("a mailer", mailbox.clone(), clock.clone(), metrics.clone());
    let ana = "ana".parse().unwrap();
    let emails = [1, 2].map(|number| samples::outgoing(&ana, number, clock.now()).unwrap());
    let not_sent = |not_before| Mood::Answer(SendOutcome::NotSent { reason: "no".to_owned(), not_before });
    let bad = || Mood::Answer(SendOutcome::BadRecipient { reason: "gone".to_owned() });
    let counted = |operation| {
        let all = metrics.counted();
        let found = all.into_iter().find(|(_, known, _)| *known == operation);
        found.map(|(_, _, counted)| (counted.calls, counted.failed, counted.throttled))
    };
    mailer.send(&emails).await;
    // One email of two.
    mailbox.next(not_sent(None));
    mailer.send(&emails).await;
    // To know that nobody is there is an answer.
    mailbox.next(bad());
    mailer.send(&emails[..1]).await;
    assert_eq!(counted("send"), Some((3, 0, 0)));
    mailbox.next(Mood::LoseInSilence);
    mailbox.next(not_sent(None));
    mailer.send(&emails).await;
    mailbox.next(not_sent(Some(clock.now())));
    mailer.send(&emails[..1]).await;
    assert_eq!(counted("send"), Some((5, 2, 1)));

    let inquiry = samples::inquiry(&emails[0]);
    mailer.look_up(&inquiry).await;
    mailbox.forget();
    mailer.look_up(&inquiry).await;
    assert_eq!(counted("look_up"), Some((2, 1, 0)));
    mailer.without_look_ups().look_up(&inquiry).await;
    assert_eq!(counted("look_up"), Some((2, 1, 0)), "nobody was asked");
}
