use futures_util::future::join_all;

use crate::{
    ports::{Permit, RateLimiter},
    schedule::Instant,
};

/// What every [`RateLimiter`] must do: as many calls as there are and no more, all or none, and a time to come back.
///
/// `allowed` is how many calls of `api` the limiter grants at `now`, two at least: a small number, for the suite makes
/// that many calls. Nobody else calls the API meanwhile.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn rate_limiter<L: RateLimiter + ?Sized>(limiter: &L, api: &str, allowed: u32, now: Instant) {
    assert!(allowed > 1, "the suite needs a limit of two calls at least");
    let take = async |calls, now| limiter.take(api, calls, now).await.expect("a limiter says yes or no");
    let first = take(1, now).await;
    assert_eq!(first, Permit::Granted, "the first call is granted");
    comes_back(take(allowed, now).await, now, "one more than there are, all at once, is refused as a whole");

    let rest = join_all((0..allowed).map(|_| take(1, now))).await;
    let granted = rest.iter().filter(|permit| **permit == Permit::Granted).count();
    assert!(
        granted + 1 >= allowed as usize,
        "what was refused is not counted: of {allowed} calls only {} were granted",
        granted + 1
    );
    assert!(
        granted < allowed as usize,
        "permits are no more than there are, however many ask at once: of {allowed} calls {} were granted",
        granted + 1
    );
    let retry_at = comes_back(take(1, now).await, now, "when all calls are used up the next is refused");
    for _ in 0..3 {
        let again = comes_back(take(1, now).await, now, "asking again does not make it more");
        assert_eq!(again, retry_at, "asking again does not put off when to come back");
    }
    assert_eq!(
        take(1, retry_at).await,
        Permit::Granted,
        "whoever comes back when told to, and is alone, is granted a call"
    );
}

fn comes_back(permit: Permit, now: Instant, expected: &str) -> Instant {
    match permit {
        Permit::Granted => panic!("{expected}; it was granted"),
        Permit::Exhausted { retry_at } => {
            assert!(
                retry_at > now,
                "a refusal says when to come back, which is later than {now}, not {retry_at}"
            );
            retry_at
        }
    }
}
