//! Why Postmark does not answer a question.

use dripr_core::errors::{Fault, PortError};

use super::{PROVIDER, verdict::Said};
use crate::http::{Answer, HttpApi, Refusal, json};

/// The error that an answer is which is no success.
pub(super) fn refused(api: &HttpApi, answer: &Answer) -> PortError {
    // Postmark has its own word for a token that it does not know.
    let said: Option<Said> = answer.parsed(api).ok().and_then(json::as_record);
    if said.and_then(|said| said.error_code) == Some(10) {
        let message = format!("{PROVIDER} refuses the server token (HTTP {})", answer.status.as_u16());
        return Refusal::of(answer).as_error(Fault::Misconfigured, message);
    }
    Refusal::of(answer).sorted(api)
}
