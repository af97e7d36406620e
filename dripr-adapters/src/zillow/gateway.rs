//! RapidAPI's gateway, which stands before both services: its headers and its refusals.
//!
//! | answer | the error |
//! |---|---|
//! | 401 | [`Fault::Misconfigured`]: it refuses the key |
//! | 403 | [`Fault::Misconfigured`]: the key has no subscription to the service |
//! | 404 that names an endpoint or an API | [`Fault::Misconfigured`]: there is no such service, or not for this key |
//! | 404 otherwise | [`Fault::NotFound`] |
//! | 429 that speaks of a quota, or says that nothing remains of it | [`Fault::Throttled`] until the quota is renewed |
//! | 429 otherwise | [`Fault::Throttled`]: too many a second |
//! | anything else | as everywhere |
//!
//! `X-RateLimit-Requests-Reset` counts the seconds until the quota is renewed, so it is the pause for a quota that is
//! used up and not for too many calls a second. `Retry-After` goes before it.

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::Allowance,
};
use reqwest::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::{options::ZillowOptions, service::Question};
use crate::http::{Answer, HttpApi, Refusal, UnusableApi, json};

const REMAINING: &str = "x-ratelimit-requests-remaining";
const RENEWAL: &str = "x-ratelimit-requests-reset";

/// A service behind the gateway.
#[derive(Debug, Clone)]
pub(super) struct Gateway {
    api: HttpApi,
}

impl Gateway {
    pub(super) fn new(
        name: &'static str,
        usual_base: &str,
        key: &SecretString,
        options: &ZillowOptions,
    ) -> Result<Self, UnusableApi> {
        let api = HttpApi::new(name, usual_base, &options.http)?;
        let host = options.host.clone().unwrap_or_else(|| api.host().to_owned());
        Ok(Self { api: api.keyed("x-rapidapi-key", "", key)?.with("x-rapidapi-host", &host) })
    }

    /// Asks, with one call.
    pub(super) async fn ask(&self, question: &Question, allowance: &Allowance) -> PortResult<Value> {
        let query: Vec<(&str, &str)> =
            question.query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = self.api.get(question.path, &query, allowance).await?;
        if answer.status.is_success() { answer.json(&self.api) } else { Err(self.refusal(&answer)) }
    }

    /// An error that names the service.
    pub(super) fn error(&self, fault: Fault, what: &str) -> PortError {
        PortError::new(fault, format!("{} {what}", self.api.provider()))
    }

    fn refusal(&self, answer: &Answer) -> PortError {
        let said = answer.parsed::<Said>(&self.api).ok().and_then(|said| said.message);
        let said = said.unwrap_or_default().to_lowercase();
        let nothing_remains = answer.headers.get(REMAINING).is_some_and(|left| left.as_bytes() == b"0");
        let refusal = Refusal::of(answer);
        let (refusal, fault, what) = match answer.status {
            StatusCode::FORBIDDEN if said.contains("subscribed") => {
                (refusal, Fault::Misconfigured, "is not subscribed to with this key (HTTP 403)")
            }
            StatusCode::NOT_FOUND if said.contains("endpoint") || said.contains("api doesn't exist") => {
                (refusal, Fault::Misconfigured, "is not at RapidAPI, or not for this key (HTTP 404)")
            }
            StatusCode::TOO_MANY_REQUESTS if nothing_remains || said.contains("quota") => (
                refusal.or_after(RENEWAL),
                Fault::Throttled,
                "has no calls left in the plan of this key (HTTP 429)",
            ),
            _ => return refusal.sorted(&self.api),
        };
        refusal.as_error(fault, format!("{} {what}", self.api.provider()))
    }
}

/// What the gateway says where it refuses. Its words are looked at and not repeated.
#[derive(Deserialize)]
struct Said {
    #[serde(default, deserialize_with = "json::text")]
    message: Option<String>,
}
