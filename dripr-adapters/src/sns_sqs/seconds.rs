//! Durations as SQS takes them: whole seconds, and no more than twelve hours from a receive.

use std::time::Duration;

use dripr_core::{
    policy::{FARTHEST, after},
    schedule::Instant,
};

/// The longest visibility that SQS knows, counted from the receive.
pub(super) const LONGEST: Duration = Duration::from_secs(43_200);
/// The way to the service takes its time too.
const ON_THE_WAY: Duration = Duration::from_secs(10);

/// A visibility from the receive on, rounded up.
pub(super) fn visibility(wanted: Duration) -> i32 {
    whole(wanted.min(LONGEST))
}

/// The visibility from now on of what was received before, so that it is hidden until an instant; as long as SQS allows
/// where that is not so long.
pub(super) fn until(at: Instant, since: Instant, now: Instant) -> i32 {
    // Hidden for longer than anything is to be: by a wrong clock.
    if at > after(now, FARTHEST) {
        return 0;
    }
    let wanted = (at - now).to_std().unwrap_or_default();
    let gone = (now - since).to_std().unwrap_or_default();
    let allowed = LONGEST.saturating_sub(gone).saturating_sub(ON_THE_WAY);
    if wanted <= allowed { whole(wanted) } else { i32::try_from(allowed.as_secs()).unwrap_or_default() }
}

/// When so many seconds are over.
pub(super) fn reached(now: Instant, seconds: i32) -> Instant {
    after(now, Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

fn whole(wanted: Duration) -> i32 {
    let up = wanted.as_secs() + u64::from(wanted.subsec_nanos() > 0);
    i32::try_from(up).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_comes_early_and_nothing_is_hidden_for_longer_than_allowed() {
        assert_eq!(visibility(Duration::ZERO), 0);
        assert_eq!(visibility(Duration::from_millis(1)), 1);
        assert_eq!(visibility(Duration::MAX), 43_200);
        let now = at("2026-03-12T15:00:00Z");
        assert_eq!(until(at("2026-03-12T15:00:00.000000001Z"), now, now), 1);
        assert_eq!(until(at("2026-03-12T14:00:00Z"), now, now), 0);
        assert_eq!(until(at("2026-03-13T15:00:00Z"), now, now), 43_190);
        let received = at("2026-03-12T05:00:00Z");
        assert_eq!(until(at("2026-03-12T18:00:00Z"), received, now), 7_190, "from the receive on");
        assert_eq!(until(at("2026-03-12T18:00:00Z"), at("2026-03-11T05:00:00Z"), now), 0);
        assert_eq!(until(at("2027-03-12T18:00:00Z"), now, now), 0, "hidden by a wrong clock");
        for any in [Instant::MIN_UTC, Instant::MAX_UTC] {
            for other in [Instant::MIN_UTC, Instant::MAX_UTC] {
                assert!((0..=43_200).contains(&until(any, other, now)) && until(now, any, other) <= 43_200);
            }
        }
    }
}
