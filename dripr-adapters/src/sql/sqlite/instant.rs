//! Instants as whole microseconds since 1970 in UTC, so that ranges are scanned in an index.
//!
//! The rest below a microsecond is dropped, which makes a stored deadline early, never late.

use dripr_core::{errors::PortResult, schedule::Instant};

use super::error::corrupt;

/// Earlier than every deadline that time can set: due at once, whatever the clock says.
pub(super) const AT_ONCE: i64 = Instant::MIN_UTC.timestamp_micros();

/// An instant as it is stored.
pub(super) fn micros(instant: Instant) -> i64 {
    instant.timestamp_micros()
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
