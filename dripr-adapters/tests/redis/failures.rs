use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::Duration,
};

use chrono::TimeDelta;
use dripr_adapters::{
    redis::{Redis, RedisOptions, RedisQueue, RedisRateLimiter},
    token_bucket::Rate,
};
use dripr_core::{
    errors::{Fault, PortError},
    events::Queue,
    ports::{EventBus, EventQueue, Permit, Probe, QueueDesk, RateLimiter, Which},
    testkit::contract,
};
use futures_util::poll;
use tokio::time::timeout;

use super::{
    place::{Place, VISIBILITY, address, at, event},
    proxy::{Proxy, host},
    queue::publish,
};

const QUEUE: Queue = Queue::EmailSending;
const BOUND: Duration = Duration::from_secs(10);

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("redis://127.0.0.1:{}", listener.local_addr().unwrap().port())
}

/// A server that answers every command with the same bytes, or with nothing.
fn saying(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(length @ 1..) = client.read(&mut buffer) {
                    // Each command begins with a star; none of those that are sent here holds one.
                    let commands = buffer[..length].iter().filter(|byte| **byte == b'*').count();
                    if client.write_all(&answer.repeat(commands)).is_err() {
                        return;
                    }
                }
            });
        }
    });
    format!("redis://127.0.0.1:{port}")
}

fn redis(address: &str, limit: Duration) -> Redis {
    let mut options = RedisOptions::new(address);
    options.timeout = limit;
    Redis::new(options).unwrap()
}

/// What every call fails with; all at once, so that none waits for the other.
async fn failures(redis: Redis) -> Vec<PortError> {
    let queue = RedisQueue::new(redis.clone());
    let rate = Rate { calls: 1, period: Duration::from_secs(1) };
    let limiter = RedisRateLimiter::new(redis.clone(), [("api".to_owned(), rate)]);
    let now = at("2026-03-12T15:00:00Z");
    let events = [event(1), event(2)];
    let one = Which::Ids(vec!["1".to_owned()]);
    let all = async {
        let nine = Queue::ALL.map(|queue_name| queue.receive(queue_name, 1, now, VISIBILITY));
        let (received, published, next, taken, pinged, dead, replayed, discarded, stands) = tokio::join!(
            futures_util::future::join_all(nine),
            queue.publish(&events),
            queue.next_visible(&[QUEUE]),
            limiter.take("api", 1, now),
            redis.probe(),
            queue.dead_letters(QUEUE, 10),
            queue.replay(QUEUE, &one),
            queue.discard(QUEUE, &one),
            queue.standing(QUEUE, now),
        );
        let mut errors: Vec<PortError> = received.into_iter().map(Result::unwrap_err).collect();
        assert_eq!(published.len(), 2);
        errors.extend(published.into_iter().map(Result::unwrap_err));
        errors.extend([next.unwrap_err(), taken.unwrap_err(), pinged.unwrap_err()]);
        errors.extend([
            dead.unwrap_err(),
            replayed.unwrap_err(),
            discarded.unwrap_err(),
            stands.unwrap_err(),
        ]);
        errors
    };
    timeout(BOUND, all).await.expect("calls end in a bounded time")
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    for error in failures(redis(&nobody(), Duration::from_secs(5))).await {
        assert_eq!(error.fault(), Fault::Unavailable, "{error}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unavailable_within_the_limit() {
    for error in failures(redis(&saying(b""), Duration::from_millis(300))).await {
        assert_eq!(error.fault(), Fault::Unavailable, "{error}");
        assert!(error.to_string().contains("300 ms"), "{error}");
    }
}

#[tokio::test]
async fn what_is_not_redis_is_told() {
    for answer in
        [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"\xff\xff\xff\r\n", b"220 mail.example ESMTP\r\n"]
    {
        let error = redis(&saying(answer), Duration::from_secs(2)).probe().await.unwrap_err();
        assert!(matches!(error.fault(), Fault::Garbled | Fault::Misconfigured), "{answer:?}: {error:?}");
    }
    for (answer, fault) in [
        (&b"-NOAUTH Authentication required.\r\n"[..], Fault::Misconfigured),
        (b"-WRONGPASS invalid\r\n", Fault::Misconfigured),
        (b"-NOPERM this user\r\n", Fault::Misconfigured),
        (b"-DENIED Redis is running in protected mode\r\n", Fault::Misconfigured),
        (b"-LOADING Redis is loading the dataset in memory\r\n", Fault::Unavailable),
        (b"-MASTERDOWN Link with MASTER is down\r\n", Fault::Unavailable),
        (b"-ERR max number of clients reached\r\n", Fault::Unavailable),
        (b"-OOM command not allowed\r\n", Fault::Misconfigured),
    ] {
        let error = redis(&saying(answer), Duration::from_secs(2)).probe().await.unwrap_err();
        assert_eq!(error.fault(), fault, "{:?}: {error:?}", String::from_utf8_lossy(answer));
    }
}

#[tokio::test]
async fn it_is_a_probe() {
    let place = Place::new();
    contract::probe(&place.redis(), &redis(&nobody(), Duration::from_secs(5))).await;
    contract::probe(&place.redis(), &redis(&saying(b""), Duration::from_millis(200))).await;
    assert!(place.keys().is_empty(), "a probe leaves nothing behind");
}

#[tokio::test]
async fn a_wrong_password_is_misconfigured_and_not_repeated() {
    let refused = redis(&format!("redis://nobody:s3cr3t@{}", host()), Duration::from_secs(5));
    let error = refused.probe().await.unwrap_err();
    assert_eq!(error.fault(), Fault::Misconfigured, "{error}");
    assert!(!format!("{error:?}{refused:?}").contains("s3cr3t"));
    for address in ["", "redis", "http://:s3cr3t@host", "redis://:s3cr3t@host:port", "redis://:s3cr3t@h/x"] {
        let error = Redis::new(RedisOptions::new(address)).unwrap_err();
        assert_eq!(error.fault(), Fault::Misconfigured, "{address}");
        assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
    }
    let there_is_no_such_database = redis(&format!("redis://{}/1000000", host()), Duration::from_secs(5));
    assert_eq!(there_is_no_such_database.probe().await.unwrap_err().fault(), Fault::Misconfigured);
}

#[tokio::test]
async fn tls_to_a_server_that_has_none_fails() {
    let error = redis(&format!("rediss://{}", host()), Duration::from_secs(2)).probe().await.unwrap_err();
    assert_eq!(error.fault(), Fault::Unavailable, "{error}");
}

#[tokio::test]
async fn calls_whose_answer_is_lost_are_repeated() {
    let place = Place::new();
    let proxy = Proxy::start();
    let queue = RedisQueue::new(place.redis_at(&proxy.address()));
    let now = at("2026-03-12T15:00:00Z");
    let lose = || proxy.lose_the_next_answer();
    // Scripts are loaded and the connection is made beforehand, so that it is the call's own answer that is lost.
    publish(&queue, [1]).await;
    let first = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    let done = first.into_iter().map(|one| one.done()).collect();
    queue.settle(done, now).await.unwrap();

    lose();
    publish(&queue, [2]).await;
    assert!(!proxy.waits());
    lose();
    let hidden = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    assert!(!proxy.waits() && hidden.is_empty(), "what was published twice is hidden with the lost answer");
    let later = now + TimeDelta::seconds(30);
    let both = queue.receive(QUEUE, 10, later, VISIBILITY).await.unwrap();
    assert_eq!(both.len(), 2);
    assert!(both.iter().all(|one| one.receive_count() == 2 && one.event() == Ok(&event(2))));
    lose();
    let done = both.into_iter().map(|one| one.done()).collect();
    queue.settle(done, later).await.unwrap();
    assert!(!proxy.waits());
    assert_eq!(queue.next_visible(&Queue::ALL).await.unwrap(), None);

    let rate = Rate { calls: 10, period: Duration::from_secs(3600) };
    let limiter = RedisRateLimiter::new(place.redis_at(&proxy.address()), [("api".to_owned(), rate)]);
    assert_eq!(limiter.take("api", 1, now).await.unwrap(), Permit::Granted);
    lose();
    assert_eq!(limiter.take("api", 4, now).await.unwrap(), Permit::Granted);
    assert!(!proxy.waits());
    assert_eq!(limiter.take("api", 1, now).await.unwrap(), Permit::Granted);
    assert_ne!(
        limiter.take("api", 1, now).await.unwrap(),
        Permit::Granted,
        "counted twice, never too seldom"
    );
}

#[tokio::test]
async fn who_waits_hears_of_what_came_while_the_connection_was_lost() {
    let place = Place::new();
    let proxy = Proxy::start();
    let (waits, publishes) = (RedisQueue::new(place.redis_at(&proxy.address())), place.queue());
    // The first time it returns because it listens now.
    timeout(BOUND, waits.arrived(&[QUEUE])).await.unwrap();
    for number in 0..3 {
        let mut arrived = waits.arrived(&[QUEUE]);
        assert!(poll!(&mut arrived).is_pending());
        proxy.cut_all();
        publish(&publishes, [number]).await;
        timeout(BOUND, arrived).await.expect("it listens again");
        let got = waits.receive(QUEUE, 10, at("2026-03-12T15:00:00Z"), VISIBILITY).await.unwrap();
        assert_eq!(got.len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_lost_everything_starts_anew() {
    let place = Place::new();
    let queue = place.queue();
    let rate = Rate { calls: 1, period: Duration::from_secs(3600) };
    let limiter = RedisRateLimiter::new(place.redis(), [("api".to_owned(), rate)]);
    let now = at("2026-03-12T15:00:00Z");
    publish(&queue, 0..4).await;
    limiter.take("api", 1, now).await.unwrap();
    let mut had = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    place.flush();
    redis::cmd("SCRIPT").arg("FLUSH").exec(&mut place.raw()).unwrap();

    assert_eq!(queue.next_visible(&Queue::ALL).await.unwrap(), None);
    let settlements = vec![
        had.remove(0).done(),
        had.remove(0).again(now),
        had[0].extend(now),
        had.remove(0).park("gone"),
        had.remove(0).park("gone"),
    ];
    queue.settle(settlements.clone(), now).await.unwrap();
    assert!(place.keys().is_empty(), "receipts for what is lost leave nothing behind");
    assert_eq!(limiter.take("api", 1, now).await.unwrap(), Permit::Granted);
    publish(&queue, 0..4).await;
    assert_eq!(queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap().len(), 4);
    // Same fences, other ids.
    queue.settle(settlements, now).await.unwrap();
    let later = now + TimeDelta::seconds(30);
    assert_eq!(queue.receive(QUEUE, 10, later, VISIBILITY).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_key_of_another_kind_is_corrupt() {
    let place = Place::new();
    let queue = place.queue();
    let now = at("2026-03-12T15:00:00Z");
    for name in ["ids", "bucket:api", "queue:email_sending:visible", "queue:email_sending:dead"] {
        redis::cmd("SADD").arg(format!("{}{name}", place.prefix)).arg(1).exec(&mut place.raw()).unwrap();
    }
    let rate = Rate { calls: 1, period: Duration::from_secs(1) };
    let limiter = RedisRateLimiter::new(place.redis(), [("api".to_owned(), rate)]);
    let errors = [
        queue.publish(&[event(1)]).await.remove(0).unwrap_err(),
        queue.receive(QUEUE, 1, now, VISIBILITY).await.unwrap_err(),
        queue.next_visible(&[QUEUE]).await.unwrap_err(),
        queue.dead_letters(QUEUE, 10).await.unwrap_err(),
        queue.standing(QUEUE, now).await.unwrap_err(),
        queue.replay(QUEUE, &Which::Ids(vec!["1".to_owned()])).await.unwrap_err(),
        limiter.take("api", 1, now).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.fault(), Fault::Corrupt, "{error}");
        assert!(!error.to_string().contains(&address()));
    }
}
