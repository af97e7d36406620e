//! Instants as whole microseconds since 1970 in UTC, so that ranges are scanned in an index.
//!
//! What happened is stored with the rest below a microsecond dropped. What is waited for is rounded up: whoever is woken
//! for it must not find that it is still ahead.

use dripr_core::{errors::PortResult, schedule::Instant};

use super::error::corrupt;

/// Earlier than every deadline that time can set: due at once, whatever the clock says.
pub(super) const AT_ONCE: i64 = Instant::MIN_UTC.timestamp_micros();

/// An instant as it is stored.
pub(super) fn micros(instant: Instant) -> i64 {
    instant.timestamp_micros()
}

/// An instant that is waited for, as it is stored.
pub(super) fn micros_reached(instant: Instant) -> i64 {
    let dropped = !instant.timestamp_subsec_nanos().is_multiple_of(1_000);
    (instant.timestamp_micros() + i64::from(dropped)).min(Instant::MAX_UTC.timestamp_micros())
}

/// A stored instant.
pub(super) fn instant(
    stored: i64,
    table: &'static str,
    column: &'static str,
    row: &str,
) -> PortResult<Instant> {
    Instant::from_timestamp_micros(stored)
        .ok_or_else(|| corrupt(table, column, row, format!("{stored} is not an instant in microseconds")))
}
