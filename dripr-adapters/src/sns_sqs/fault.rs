//! What AWS says, sorted by whose fault it is. An error holds the service's code, and nothing that the service was sent.

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use dripr_core::errors::{Fault, PortError};

/// Sorts a failure; `doing` completes "while …".
pub(super) fn sorted<E>(error: &SdkError<E>, doing: &str) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let (fault, why) = match error {
        SdkError::ServiceError(refused) => {
            let status = refused.raw().status().as_u16();
            match refused.err().code() {
                Some(code) => return of_code(code, Some(status), doing),
                None => of_status(status),
            }
        }
        SdkError::ConstructionFailure(_) => {
            (Fault::Misconfigured, "AWS cannot be asked: credentials are missing")
        }
        SdkError::TimeoutError(_) => (Fault::Unavailable, "AWS did not answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_other() => {
            (Fault::Misconfigured, "AWS cannot be asked: credentials are missing")
        }
        SdkError::DispatchFailure(_) => (Fault::Unavailable, "AWS cannot be reached"),
        SdkError::ResponseError(response) if response.raw().status().is_success() => {
            (Fault::Garbled, "what answers is not AWS, or its answer cannot be read")
        }
        SdkError::ResponseError(response) => of_status(response.raw().status().as_u16()),
        _ => (Fault::Unavailable, "AWS broke off its answer"),
    };
    PortError::new(fault, format!("{why} while {doing}"))
}

/// The same, of an entry of a batch or of a whole call.
pub(super) fn of_code(code: &str, status: Option<u16>, doing: &str) -> PortError {
    let (fault, why) = known(code)
        .unwrap_or_else(|| of_status(status.unwrap_or(if code.contains("Internal") { 500 } else { 400 })));
    let code: String = code.chars().filter(|c| !c.is_control()).take(100).collect();
    PortError::new(fault, format!("{why} ({code}) while {doing}"))
}

/// The error codes of SQS (2012-11-05), SNS (2010-03-31) and of AWS in general.
fn known(code: &str) -> Option<(Fault, &'static str)> {
    // Some codes come with the service's name in front.
    let code = code.rsplit(['.', '#']).next().unwrap_or(code);
    Some(match code {
        "QueueDoesNotExist" | "NonExistentQueue" => (Fault::Misconfigured, "there is no such queue"),
        "NotFound" | "NotFoundException" | "ResourceNotFoundException" => {
            (Fault::Misconfigured, "there is no such topic or subscription")
        }
        "OverLimit" => (Fault::Throttled, "more messages are in flight than a queue allows"),
        "RequestThrottled"
        | "Throttled"
        | "ThrottledException"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "KmsThrottled"
        | "KMSThrottlingException" => (Fault::Throttled, "AWS asks for a pause"),
        "AccessDenied"
        | "AccessDeniedException"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "OptInRequired" => (Fault::Misconfigured, "these credentials may not do what is needed"),
        "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "InvalidSecurity"
        | "InvalidSignatureException"
        | "AuthFailure" => (Fault::Misconfigured, "AWS refuses the credentials"),
        "ExpiredToken" | "ExpiredTokenException" => (Fault::Misconfigured, "the credentials have expired"),
        "RequestExpired" | "RequestTimeTooSkewed" => {
            (Fault::Misconfigured, "AWS says that this machine's clock is wrong")
        }
        "InvalidAddress" | "UnsupportedOperation" => {
            (Fault::Misconfigured, "AWS does not know this address or operation")
        }
        "SubscriptionLimitExceeded" | "FilterPolicyLimitExceeded" | "TopicLimitExceeded" => {
            (Fault::Misconfigured, "the account has as many of these as it may have")
        }
        "QueueDeletedRecently" => {
            (Fault::Unavailable, "a queue of this name was deleted less than a minute ago")
        }
        "InternalError"
        | "InternalFailure"
        | "InternalErrorException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => (Fault::Unavailable, "AWS is down"),
        code if code.starts_with("Kms") || code.starts_with("KMS") => {
            (Fault::Misconfigured, "the key that encrypts cannot be used")
        }
        _ => return None,
    })
}

fn of_status(status: u16) -> (Fault, &'static str) {
    match status {
        429 => (Fault::Throttled, "AWS asks for a pause"),
        401 | 403 => (Fault::Misconfigured, "AWS refuses the credentials, or what they may do"),
        500.. => (Fault::Unavailable, "AWS is down"),
        200..=399 => (Fault::Garbled, "what answers is not AWS, or its answer cannot be read"),
        _ => (Fault::Invalid, "AWS refuses the question"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_whose_fault_it_is() {
        for (code, fault) in [
            ("AWS.SimpleQueueService.NonExistentQueue", Fault::Misconfigured),
            ("com.amazonaws.sqs#QueueDoesNotExist", Fault::Misconfigured),
            ("RequestThrottled", Fault::Throttled),
            ("KmsThrottled", Fault::Throttled),
            ("KmsDisabled", Fault::Misconfigured),
            ("KMSAccessDenied", Fault::Misconfigured),
            ("AccessDeniedException", Fault::Misconfigured),
            ("InternalError", Fault::Unavailable),
            ("InternalSomething", Fault::Unavailable),
            ("InvalidMessageContents", Fault::Invalid),
            ("", Fault::Invalid),
        ] {
            let error = of_code(code, None, "testing");
            assert_eq!(error.fault(), fault, "{error}");
            assert!(error.to_string().contains(code));
        }
        assert_eq!(of_code("Strange", Some(503), "testing").fault(), Fault::Unavailable);
    }
}
