//! Instants as Postmark writes them.

use chrono::{DateTime, NaiveDateTime};
use dripr_core::schedule::Instant;

/// An instant as Postmark writes it: with seven digits after the seconds and any offset, or none in old records.
pub(super) fn instant(text: &str) -> Option<Instant> {
    let with_offset = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    let without = || text.parse::<NaiveDateTime>().map(|at| at.and_utc());
    with_offset.or_else(|_| without()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_every_way_they_are_written() {
        for (text, utc) in [
            ("2025-04-05T16:33:54.9070259Z", Some("2025-04-05T16:33:54.907025900Z")),
            ("2019-01-28T13:54:35.5813997-05:00", Some("2019-01-28T18:54:35.581399700Z")),
            ("2019-12-17T08:58:33+05:30", Some("2019-12-17T03:28:33Z")),
            ("2019-12-17T08:58:33.1234567", Some("2019-12-17T08:58:33.123456700Z")),
            ("2019-02-30T00:00:00Z", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(instant(text), utc.map(|utc| utc.parse().unwrap()), "{text}");
        }
    }
}
