//! How older deployments write dates.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use dripr_core::schedule::{Instant, SendingRules};

/// A date with a time: with a zone of its own, or in the mapping's.
///
/// Of two instants that a clock change gives the same time, the later: what is taken for later is kept off for longer. A time
/// that a clock change leaves out is none.
pub(super) fn instant(text: &str, zone: Tz) -> Option<Instant> {
    let with_zone = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"];
    let with_zone = with_zone.iter().find_map(|format| DateTime::parse_from_str(text, format).ok());
    if let Some(at) = with_zone.or_else(|| DateTime::parse_from_rfc3339(text).ok()) {
        return Some(at.to_utc());
    }
    let plain = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let plain = plain.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    Some(plain.and_local_timezone(zone).latest()?.to_utc())
}

/// A civil date; of a date with a time, the one that the sending zone shows.
pub(super) fn date(text: &str, zone: Tz, rules: &SendingRules) -> Option<NaiveDate> {
    let date = text.parse().ok();
    date.or_else(|| instant(text, zone).map(|at| rules.civil_date(at)))
}
