//! Instants as scores: whole microseconds since 1970, as far as a double holds each of them.

use dripr_core::schedule::Instant;

/// The last and, negated, the first microsecond of which a double holds each.
const LAST: i64 = (1 << 53) - 1;

/// Before every instant that is waited for: visible at once, whatever the clock says.
pub(super) const AT_ONCE: i64 = -LAST;

/// An instant, what is below a microsecond dropped.
pub(super) fn score(instant: Instant) -> i64 {
    instant.timestamp_micros().clamp(-LAST, LAST)
}

/// An instant that is waited for: whoever is woken for it must not find that it is still ahead.
pub(super) fn score_reached(instant: Instant) -> i64 {
    let dropped = !instant.timestamp_subsec_nanos().is_multiple_of(1_000);
    (instant.timestamp_micros() + i64::from(dropped)).clamp(-LAST, LAST)
}

/// The instant of a score. What is no instant of ours is the nearest that is one.
pub(super) fn instant(score: f64) -> Instant {
    // Saturates, and there is no instant that is not a number.
    #[allow(clippy::cast_possible_truncation)]
    let micros = (score as i64).clamp(-LAST, LAST);
    Instant::from_timestamp_micros(micros).unwrap_or(Instant::MIN_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_that_is_waited_for_is_not_early() {
        let at: Instant = "2026-03-11T16:00:00.000000500Z".parse().unwrap();
        assert_eq!(score_reached(at), score(at) + 1);
        assert!(instant(score_reached(at) as f64) > at);
        assert_eq!(score(Instant::MAX_UTC), LAST);
        assert_eq!(score_reached(Instant::MAX_UTC), LAST);
        assert_eq!(score(Instant::MIN_UTC), AT_ONCE);
    }

    #[test]
    fn any_score_is_an_instant() {
        for any in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 0.5, -0.0] {
            let _ = instant(any);
        }
        assert_eq!(score(instant(LAST as f64)), LAST);
    }
}
