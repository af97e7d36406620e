use std::{pin::pin, time::Duration};

use chrono::TimeDelta;
use futures_util::poll;

use super::checks::within;
use crate::{ports::Clock, schedule::Instant};

/// What takes longer does not come at once.
const AT_ONCE: Duration = Duration::from_secs(3);
/// How long the suite waits for what must come soon.
const SOON: Duration = Duration::from_secs(3);

/// What every [`Clock`] must do: waiting ends once the instant has come, at once if it has, and never before.
///
/// `reach` makes the clock show an instant. For a clock that goes by itself it does nothing. Nobody else sets the clock
/// meanwhile.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn clock<C: Clock + ?Sized>(clock: &C, mut reach: impl FnMut(Instant)) {
    let start = clock.now();
    for past in [start, start - TimeDelta::seconds(1), start - TimeDelta::days(400), Instant::MIN_UTC] {
        assert!(
            within(AT_ONCE, clock.sleep_until(past)).await.is_some(),
            "an instant that has come is not waited for: {past} at {start}"
        );
    }
    let soon = clock.now() + TimeDelta::milliseconds(30);
    let (mut waits, mut waits_too) = (pin!(clock.sleep_until(soon)), pin!(clock.sleep_until(soon)));
    let mut far = pin!(clock.sleep_until(soon + TimeDelta::days(1)));
    let mut never = pin!(clock.sleep_until(Instant::MAX_UTC));
    let mut given_up = Box::pin(clock.sleep_until(soon));
    let (early, early_too) = (poll!(&mut waits).is_ready(), poll!(&mut waits_too).is_ready());
    assert!(!(early || early_too) || clock.now() >= soon, "an instant that has not come is waited for");
    assert!(poll!(&mut far).is_pending(), "a day is waited for to its end");
    assert!(poll!(&mut never).is_pending(), "the last instant there is is waited for too");
    let _ = poll!(&mut given_up);
    drop(given_up);
    reach(soon);
    for (done, wait) in [(early, waits), (early_too, waits_too)] {
        assert!(
            done || within(SOON, wait).await.is_some(),
            "whoever waits is woken when the instant has come, also when another gave up waiting"
        );
        let now = clock.now();
        assert!(now >= soon, "waiting for {soon} was over at {now}, before it had come");
    }
    assert!(poll!(&mut far).is_pending(), "a day is not over sooner because something else was waited for");
}
