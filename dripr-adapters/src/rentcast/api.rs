//! Asking, and what RentCast says when it has no answer.

use std::time::Duration;

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::Allowance,
};
use reqwest::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::SOURCE;
use crate::http::{Answer, HttpApi, HttpOptions, Refusal, UnusableApi, json};

const USUAL_BASE: &str = "https://api.rentcast.io/v1";
/// The rate limit is one a second, and no `Retry-After` is promised.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// The door to RentCast.
#[derive(Debug, Clone)]
pub(super) struct Api(HttpApi);

impl Api {
    pub(super) fn new(key: &SecretString, http: &HttpOptions) -> Result<Self, UnusableApi> {
        Ok(Self(HttpApi::new(SOURCE, USUAL_BASE, http)?.keyed("x-api-key", "", key)?))
    }

    /// Asks once. `None` is what RentCast says in its own words with one of the statuses of `nothing`.
    pub(super) async fn ask(
        &self,
        path: &str,
        query: &[(&str, String)],
        nothing: &[StatusCode],
        allowance: &Allowance,
    ) -> PortResult<Option<Value>> {
        let mut query: Vec<(&str, &str)> =
            query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // RentCast then keeps no record of the question, which may hold somebody's address.
        query.push(("suppressLogging", "true"));
        let answer = self.0.get(path, &query, allowance).await?;
        if answer.status.is_success() {
            return answer.parsed(&self.0).map(Some);
        }
        let complaint: Option<Complaint> = answer.parsed(&self.0).ok().and_then(json::as_record);
        match complaint.and_then(|complaint| complaint.error).as_deref() {
            Some("auth/api-key-invalid") => Err(self.misconfigured(&answer, "refuses the key")),
            Some("billing/subscription-inactive") => {
                Err(self.misconfigured(&answer, "says that the subscription of the key is not active"))
            }
            Some("auth/rate-limit-exceeded") => Err(self.throttled(&answer)),
            _ if answer.status == StatusCode::TOO_MANY_REQUESTS => Err(self.throttled(&answer)),
            // Without RentCast's own code it is somebody else who says so, such as a proxy or a wrong address.
            Some(_) if nothing.contains(&answer.status) => Ok(None),
            _ => Err(Refusal::of(&answer).sorted(&self.0)),
        }
    }

    /// Asks for a list; one without a record is as good as none.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        allowance: &Allowance,
    ) -> PortResult<Vec<T>> {
        match self.ask(path, query, &[StatusCode::NOT_FOUND], allowance).await? {
            None => Ok(Vec::new()),
            // A record that is none does not cost the others.
            Some(Value::Array(records)) => Ok(records.into_iter().filter_map(json::as_record).collect()),
            Some(_) => Err(garbled("a list")),
        }
    }

    fn misconfigured(&self, answer: &Answer, what: &str) -> PortError {
        let message = format!("{SOURCE} {what} (HTTP {})", answer.status.as_u16());
        Refusal::of(answer).as_error(Fault::Misconfigured, message)
    }

    fn throttled(&self, answer: &Answer) -> PortError {
        let message = format!("{SOURCE} asks for a pause (HTTP {})", answer.status.as_u16());
        let error = Refusal::of(answer).as_error(Fault::Throttled, message);
        let pause = error.pause().unwrap_or_default().max(LEAST_PAUSE);
        error.retry_after(pause)
    }
}

/// An answer that is JSON, and not what was asked for.
pub(super) fn garbled(expected: &str) -> PortError {
    PortError::new(Fault::Garbled, format!("{SOURCE} answered with something else than {expected}"))
}

/// What RentCast says with every status but 200. Its `message` may repeat an address, and is not read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaint {
    #[serde(deserialize_with = "json::text")]
    error: Option<String>,
}
