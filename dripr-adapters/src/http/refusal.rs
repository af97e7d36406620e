//! What an answer that is no success means.

use dripr_core::errors::{Fault, PortError};
use reqwest::StatusCode;

use super::{
    Answer, HttpApi,
    retry_after::{retry_after, seconds},
};

/// An answer that is no success.
#[derive(Debug)]
pub(crate) struct Refusal<'a> {
    answer: &'a Answer,
    renewal: Option<&'static str>,
}

impl<'a> Refusal<'a> {
    pub(crate) fn of(answer: &'a Answer) -> Self {
        Self { answer, renewal: None }
    }

    /// Obeys a header of the provider's own, of so many seconds, where there is no `Retry-After`.
    pub(crate) fn or_after(self, header: &'static str) -> Self {
        Self { renewal: Some(header), ..self }
    }

    /// Sorted by status alone.
    ///
    /// | status | whose fault |
    /// |---|---|
    /// | 401, 402, 403, 407 | people must mend the key, the plan or the payment |
    /// | 404, 410 | there is no such thing |
    /// | 408, 425, 5xx | it is down; `Retry-After` is obeyed |
    /// | 429 | it asks for a pause; `Retry-After` is obeyed |
    /// | 2xx and 3xx | it answers something else than was asked |
    /// | other 4xx | the question is wrong |
    pub(crate) fn sorted(&self, api: &HttpApi) -> PortError {
        let provider = api.provider();
        let status = self.answer.status;
        let (fault, what) = match status {
            StatusCode::UNAUTHORIZED => (Fault::Misconfigured, "refuses the key"),
            StatusCode::PAYMENT_REQUIRED => (Fault::Misconfigured, "has no credit left for this key"),
            StatusCode::FORBIDDEN => (Fault::Misconfigured, "does not allow this with this key"),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                (Fault::Misconfigured, "is behind a proxy that wants to know who asks")
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                (Fault::NotFound, "has nothing at the address that was asked")
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => (Fault::Unavailable, "took too long"),
            StatusCode::TOO_MANY_REQUESTS => {
                (Fault::Throttled, "asks for a pause: it was asked too often, or the quota is used up")
            }
            _ if status.is_server_error() => (Fault::Unavailable, "is down"),
            _ if status.is_client_error() => (Fault::Invalid, "says that the question is wrong"),
            _ => (Fault::Garbled, "answered something else than was asked"),
        };
        self.as_error(fault, format!("{provider} {what} (HTTP {})", status.as_u16()))
    }

    /// An error of the adapter's own finding, with the pause that the provider asked for.
    pub(crate) fn as_error(&self, fault: Fault, message: String) -> PortError {
        let error = PortError::new(fault, message);
        let headers = &self.answer.headers;
        let pause = retry_after(headers).or_else(|| seconds(headers, self.renewal?));
        match pause {
            Some(pause) if fault.may_heal() => error.retry_after(pause),
            _ => error,
        }
    }
}
