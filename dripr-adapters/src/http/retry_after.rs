//! `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Nobody is believed who asks for a longer pause.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The pause that an answer asks for. A date counts from the answer's own `Date`, so that nobody's clock matters.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    if let Some(pause) = seconds(headers, RETRY_AFTER.as_str()) {
        return Some(pause);
    }
    let until = DateTime::parse_from_rfc2822(headers.get(RETRY_AFTER)?.to_str().ok()?.trim()).ok()?;
    let now = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(until.signed_duration_since(now).to_std().unwrap_or_default().min(LONGEST))
}

/// The pause that a header asks for in seconds.
pub(super) fn seconds(headers: &HeaderMap, name: &str) -> Option<Duration> {
    let seconds = headers.get(name)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn asked(headers: &[(HeaderName, &'static str)]) -> Option<u64> {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        retry_after(&headers).map(|pause| pause.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        assert_eq!(asked(&[(RETRY_AFTER, "120")]), Some(120));
        assert_eq!(asked(&[(RETRY_AFTER, "999999999999")]), Some(86_400));
        let until = (RETRY_AFTER, "Fri, 31 Dec 1999 23:59:59 GMT");
        assert_eq!(asked(&[until.clone(), (DATE, "Fri, 31 Dec 1999 23:58:59 GMT")]), Some(60));
        assert_eq!(asked(&[until.clone(), (DATE, "Sat, 01 Jan 2000 00:00:00 GMT")]), Some(0));
        for unknown in [vec![], vec![until], vec![(RETRY_AFTER, "-1")], vec![(RETRY_AFTER, "soon")]] {
            assert_eq!(asked(&unknown), None, "{unknown:?}");
        }
    }
}
