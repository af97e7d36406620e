//! What becomes of an email, by what Gmail answers.

use std::time::Duration;

use chrono::{DateTime, NaiveTime, TimeDelta};
use dripr_core::{errors::PortError, ports::SendOutcome, schedule::Instant};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::accounts::NoAccess;
use crate::http::{Answer, json, retry_after};

/// A pause where Gmail asks for one and does not say how long.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// The same where so much was sent that Gmail lets the account rest.
const REST: TimeDelta = TimeDelta::hours(4);
/// Nobody is believed who asks for a longer pause.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// When quotas of a day begin anew, in UTC: midnight in California is at 8:00 or, in summer, at 7:00.
const NEW_DAY: NaiveTime = match NaiveTime::from_hms_opt(8, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// What an answer to a sending means.
#[derive(Debug)]
pub(super) enum Verdict {
    /// What became of the email, and nothing else.
    Outcome(SendOutcome),
    /// The access token is not taken.
    Unauthorized,
    /// Not sent, and nothing else by this account until then.
    Pause { reason: String, until: Instant },
    /// Not sent, and nothing else by this account until the agent agrees again.
    Revoked(&'static str),
}

/// What an answer means, by its status and Gmail's own name for the reason.
pub(super) fn of(answer: &Answer, now: Instant) -> Verdict {
    let status = answer.status;
    let number = status.as_u16();
    if status == StatusCode::OK {
        return Verdict::Outcome(taken(answer));
    }
    // Even a 503 may come from a server behind which another one took the email; and a 408 or a redirect is not Gmail's.
    if !status.is_client_error() || status == StatusCode::REQUEST_TIMEOUT {
        let reason = format!("Gmail answered with HTTP {number} after it had the email");
        return Verdict::Outcome(SendOutcome::Unknown { reason });
    }
    let refusal = Refused::of(answer);
    let is = |names: &[&str]| refusal.names.iter().any(|name| names.contains(&name.as_str()));
    let told = match refusal.names.first() {
        Some(name) => format!("HTTP {number}, {name}"),
        None => format!("HTTP {number}"),
    };
    let people =
        |what: &str| Verdict::Outcome(SendOutcome::NeedsPeople { reason: format!("{what} ({told})") });
    let throttled =
        is(&["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"]);
    match status {
        StatusCode::UNAUTHORIZED => Verdict::Unauthorized,
        _ if is(&["dailyLimitExceeded"]) => Verdict::Pause {
            reason: format!("the deployment's quota of the Gmail API is used up for today ({told})"),
            until: next_day(now),
        },
        StatusCode::TOO_MANY_REQUESTS => refusal.pause(answer, now, &told),
        StatusCode::FORBIDDEN if throttled => refusal.pause(answer, now, &told),
        StatusCode::FORBIDDEN if is(&["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"]) => {
            Verdict::Revoked("sending is not among what the agent allowed")
        }
        StatusCode::FORBIDDEN if is(&["domainPolicy"]) => {
            people("the administrator of the agent's domain has switched this application off for Gmail")
        }
        StatusCode::FORBIDDEN if is(&["accessNotConfigured", "SERVICE_DISABLED"]) => {
            people("the Gmail API is not switched on for the deployment's OAuth client")
        }
        StatusCode::FORBIDDEN => people("Gmail does not allow this account to send"),
        StatusCode::BAD_REQUEST if is(&["failedPrecondition", "FAILED_PRECONDITION"]) => {
            people("Gmail is not switched on for the agent's account")
        }
        StatusCode::PAYLOAD_TOO_LARGE => people("the email is too large for Gmail"),
        _ => people("Gmail refuses the email"),
    }
}

/// What a failure to get access means: nothing was handed over.
pub(super) fn without_access(trouble: NoAccess, now: Instant) -> SendOutcome {
    not_sent(trouble.into_error(), now)
}

/// What an error means after which nothing was handed over.
pub(super) fn not_sent(error: PortError, now: Instant) -> SendOutcome {
    let reason = error.to_string();
    if !error.fault().may_heal() {
        return SendOutcome::NeedsPeople { reason };
    }
    SendOutcome::NotSent { reason, not_before: error.pause().map(|pause| later(now, pause)) }
}

fn taken(answer: &Answer) -> SendOutcome {
    let sent = serde_json::from_slice::<Sent>(&answer.body).ok();
    match sent.and_then(|sent| sent.id).filter(|id| !id.is_empty()) {
        Some(id) => SendOutcome::Accepted { provider_message_id: Some(id) },
        None => SendOutcome::Unknown {
            reason: "Gmail took the email, and what it answered cannot be read".to_owned(),
        },
    }
}

fn later(now: Instant, pause: Duration) -> Instant {
    let pause = TimeDelta::from_std(pause).unwrap_or(LONGEST).min(LONGEST);
    now.checked_add_signed(pause).unwrap_or(now)
}

/// When quotas of a day begin anew.
fn next_day(now: Instant) -> Instant {
    let today = now.date_naive().and_time(NEW_DAY).and_utc();
    if now < today { today } else { today.checked_add_signed(TimeDelta::days(1)).unwrap_or(today) }
}

/// A refusal in Google's form.
#[derive(Default)]
struct Refused {
    /// Google's names for the reason: those of `errors`, then those of `details`, then `status`.
    names: Vec<String>,
    message: String,
}

impl Refused {
    fn of(answer: &Answer) -> Self {
        let said = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
        let error = &said["error"];
        let listed = |list: &str| error[list].as_array().cloned().unwrap_or_default();
        let names =
            [listed("errors"), listed("details")].concat().into_iter().map(|one| one["reason"].clone());
        let plain = |name: &str| {
            name.len() <= 60
                && !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        Self {
            names: names
                .chain([error["status"].clone()])
                .filter_map(|name| name.as_str().filter(|name| plain(name)).map(str::to_owned))
                .collect(),
            message: error["message"].as_str().unwrap_or_default().to_owned(),
        }
    }

    fn pause(&self, answer: &Answer, now: Instant, told: &str) -> Verdict {
        let sending = self.message.contains("(Mail sending)");
        let asked = self.stated().or_else(|| retry_after(&answer.headers).map(|pause| later(now, pause)));
        let usual = if sending { REST } else { PAUSE };
        let plus = |pause| now.checked_add_signed(pause).unwrap_or(now);
        let until = asked.filter(|until| *until > now).unwrap_or_else(|| plus(usual)).min(plus(LONGEST));
        let what = if sending {
            "the agent's account has sent as much as Gmail lets it for now"
        } else {
            "Gmail asks for a pause"
        };
        Verdict::Pause { reason: format!("{what} ({told})"), until }
    }

    /// The instant in a message such as `User-rate limit exceeded.  Retry after 2026-01-11T15:04:05.000Z (Mail sending)`.
    fn stated(&self) -> Option<Instant> {
        let (_, after) = self.message.split_once("Retry after ")?;
        let instant = DateTime::parse_from_rfc3339(after.split_whitespace().next()?).ok()?;
        Some(instant.to_utc())
    }
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn quotas_of_a_day_begin_anew_once_it_is_midnight_in_california_all_year() {
        for (now, anew) in [
            ("2026-01-11T07:59:59Z", "2026-01-11T08:00:00Z"),
            ("2026-01-11T08:00:00Z", "2026-01-12T08:00:00Z"),
            ("2026-07-11T23:00:00Z", "2026-07-12T08:00:00Z"),
        ] {
            assert_eq!(next_day(at(now)), at(anew), "{now}");
        }
    }

    #[test]
    fn the_time_in_a_message_is_read_where_there_is_one() {
        let stated = |message: &str| Refused { message: message.to_owned(), ..Refused::default() }.stated();
        let message = "User-rate limit exceeded.  Retry after 2026-01-11T15:04:05.000Z (Mail sending)";
        assert_eq!(stated(message), Some(at("2026-01-11T15:04:05Z")));
        assert_eq!(stated("Retry after 2026-01-11T15:04:05.000Z"), Some(at("2026-01-11T15:04:05Z")));
        for message in
            ["", "Rate Limit Exceeded", "Retry after ", "Retry after a while", "Retry after 2026-01-11"]
        {
            assert_eq!(stated(message), None, "{message}");
        }
    }
}
