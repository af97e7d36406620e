//! Why a call was not done, as RFC 9457 has it.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use dripr_core::{
    campaign::Refusal,
    errors::{Fault, PortError},
    ids::{CampaignId, ContactId},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::conflict::Conflict;

/// Why a call was not done (RFC 9457). Nothing was changed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// Which kind of problem it is: a name that stays the same.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "urn:dripr:problem:not-found")]
    #[schema(value_type = String)]
    kind: Box<str>,
    /// The same for people.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What exactly happened, for people.
    #[schema(value_type = String)]
    detail: Box<str>,
    /// What stands against it, where things stand otherwise: with every 409, and nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Conflict>,
    /// Each field that cannot be taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// The campaign that is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    campaign_id: Option<Box<str>>,
    /// The contact that is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    contact_id: Option<Box<str>>,
    #[serde(skip)]
    headers: Box<HeaderMap>,
}

/// A field that cannot be taken.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FieldProblem {
    /// Where it is: a JSON pointer (RFC 6901) into the body, or the name of a parameter or a header.
    pub(super) pointer: String,
    /// What is wrong with it, for people.
    pub(super) detail: String,
}

/// How long a caller waits before another try where nobody knows better, in seconds.
const A_WHILE: u64 = 5;

impl Problem {
    fn new(status: StatusCode, name: &str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:dripr:problem:{name}").into(),
            title,
            status: status.as_u16(),
            detail: detail.into().into(),
            code: None,
            errors: Vec::new(),
            campaign_id: None,
            contact_id: None,
            headers: Box::default(),
        }
    }

    /// Nobody, or nobody known, asks.
    pub(super) fn unauthorized(detail: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Who are you?", detail);
        problem.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        problem
    }

    /// Who asks may not do this.
    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "You may not do this", detail)
    }

    /// Who asks is known where accounts are kept, which has not told of them here yet.
    #[cfg(feature = "clerk")]
    pub(super) fn account_not_ready() -> Self {
        let (name, title) = ("account-not-ready", "Your account is not ready yet");
        let detail = "you are signed in, and your account is on its way here; try again in a while";
        let mut problem = Self::new(StatusCode::FORBIDDEN, name, title, detail);
        problem.headers.insert(header::RETRY_AFTER, HeaderValue::from(A_WHILE));
        problem
    }

    /// There is no such thing, or none that the caller reaches.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "There is no such thing",
            format!("there is no such {what}"),
        )
    }

    /// The state of things does not allow it.
    pub(super) fn conflict(code: Conflict, detail: impl Into<String>) -> Self {
        let code = Some(code);
        Self { code, ..Self::new(StatusCode::CONFLICT, "conflict", "Things stand otherwise", detail) }
    }

    /// The same is being done now.
    pub(super) fn in_progress(detail: impl Into<String>) -> Self {
        let mut problem = Self::conflict(Conflict::InProgress, detail);
        problem.headers.insert(header::RETRY_AFTER, HeaderValue::from(A_WHILE));
        problem
    }

    /// There is such a campaign already.
    pub(super) fn twin_campaign(id: &CampaignId) -> Self {
        let detail = format!("campaign {id} is for this address and home already");
        Self { campaign_id: Some(id.as_str().into()), ..Self::conflict(Conflict::CampaignExists, detail) }
    }

    /// There is such a contact already.
    pub(super) fn twin_contact(id: &ContactId) -> Self {
        let detail = format!("contact {id} has this address already");
        Self { contact_id: Some(id.as_str().into()), ..Self::conflict(Conflict::ContactExists, detail) }
    }

    /// Another contact has that external id.
    pub(super) fn external_id_taken(id: &ContactId) -> Self {
        let detail = format!("contact {id} has this external id already");
        Self { contact_id: Some(id.as_str().into()), ..Self::conflict(Conflict::ExternalIdTaken, detail) }
    }

    /// Somebody else changed it meanwhile.
    pub(super) fn changed_meanwhile() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "changed-meanwhile",
            "It was changed meanwhile",
            "what If-Match names is not what is stored any more; read it again",
        )
    }

    /// A change without saying what it is a change of.
    pub(super) fn if_match_required() -> Self {
        Self::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if-match-required",
            "What is it a change of?",
            "send the ETag of what you read as If-Match, so that nobody else's change is lost",
        )
    }

    /// The request cannot be read.
    pub(super) fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable", "The request cannot be read", detail)
    }

    /// A value cannot be taken. `pointer` is a JSON pointer into the body, or the name of a parameter or a header.
    pub(super) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let error = FieldProblem { pointer: pointer.into(), detail: detail.into() };
        let detail = if error.pointer.is_empty() {
            error.detail.clone()
        } else {
            format!("{}: {}", error.pointer, error.detail)
        };
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "A value cannot be taken", detail);
        problem.errors.push(error);
        problem
    }

    /// The same of further fields. What is wrong with no field, such as that somebody may not, stands before what is wrong with one.
    pub(super) fn and(mut self, other: Self) -> Self {
        if self.errors.is_empty() {
            return self;
        }
        if other.errors.is_empty() {
            return other;
        }
        self.detail = format!("{}; {}", self.detail, other.detail).into();
        self.errors.extend(other.errors);
        self
    }

    /// Too much was asked for. `headers` say when there is more.
    pub(super) fn too_many(detail: impl Into<String>, headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        let (name, title) = ("too-many-requests", "Not so fast");
        let headers = Box::new(headers.into_iter().collect());
        Self { headers, ..Self::new(StatusCode::TOO_MANY_REQUESTS, name, title, detail) }
    }

    /// Another answer that some layer below gives.
    pub(super) fn of_status(status: StatusCode, detail: impl Into<String>) -> Self {
        let name = status.canonical_reason().unwrap_or("refused").to_lowercase().replace(' ', "-");
        Self::new(status, &name, status.canonical_reason().unwrap_or("Refused"), detail)
    }

    /// There is too much to do already.
    pub(super) fn busy(detail: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Not now", detail);
        problem.headers.insert(header::RETRY_AFTER, HeaderValue::from(A_WHILE));
        problem
    }

    /// The store gave no answer that can be used.
    pub(super) fn lost() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "failed",
            "Something failed here",
            "the database gave no answer",
        )
    }

    /// The status of the answer.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        if matches!(error.fault(), Fault::Unavailable | Fault::Throttled | Fault::NotYet) {
            tracing::warn!(%error, "a call could not be done now");
            let mut problem = Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Not now",
                "something that this needs does not answer; try again in a while",
            );
            let seconds = error.pause().map_or(A_WHILE, |pause| pause.as_secs().max(1));
            problem.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            return problem;
        }
        // What it says may be about things that the caller does not reach.
        tracing::error!(%error, "a call failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "failed",
            "Something failed here",
            "this is not your fault; the log says more",
        )
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let code = match refusal {
            Refusal::NoCampaign(_) => return Self::not_found("campaign"),
            Refusal::ChangedMeanwhile(_) => return Self::changed_meanwhile(),
            Refusal::Invalid { field, value: _, reason } => {
                return Self::invalid(format!("/{field}"), reason);
            }
            Refusal::InHand { .. } => return Self::in_progress(detail),
            Refusal::NoEmail(_) => Conflict::EmailReplaced,
            Refusal::EmailState { .. } | Refusal::NotNow { .. } => Conflict::EmailState,
            Refusal::OtherContent(_) => Conflict::ContentChanged,
            Refusal::BudgetSpent(_) => Conflict::LimitReached,
            Refusal::CampaignState { .. }
            | Refusal::MovedOn { .. }
            | Refusal::StaleFence { .. }
            | Refusal::Illegal(_) => Conflict::CampaignState,
        };
        Self::conflict(code, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        // Texts and numbers: this cannot fail.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let mut response = (status, [kind], body).into_response();
        response.headers_mut().extend(*self.headers);
        response
    }
}

#[cfg(test)]
mod tests {
    use dripr_core::{campaign::Operation, email::DeliveryStatus};

    use super::*;

    #[test]
    fn refusals_of_the_core_have_codes() {
        let email = || "e".parse().unwrap();
        let until = "2026-03-01T12:00:00Z".parse().unwrap();
        let code = |refusal: Refusal| Problem::from(refusal).code;
        let (status, wanted) = (DeliveryStatus::Complete, "it is too late");
        assert_eq!(code(Refusal::EmailState { email: email(), status, wanted }), Some(Conflict::EmailState));
        assert_eq!(code(Refusal::OtherContent(email())), Some(Conflict::ContentChanged));
        assert_eq!(code(Refusal::NoEmail(email())), Some(Conflict::EmailReplaced));
        assert_eq!(code(Refusal::NoCampaign("c".parse().unwrap())), None);
        let in_hand = Problem::from(Refusal::InHand { operation: Operation::Property, until });
        assert_eq!(in_hand.code, Some(Conflict::InProgress));
        let response = in_hand.into_response();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
    }

    #[test]
    fn a_code_stands_with_conflicts_alone() {
        let shown = |problem: &Problem| serde_json::to_value(problem).unwrap();
        let conflict = shown(&Problem::conflict(Conflict::WebhookOff, "it is switched off"));
        assert_eq!(conflict["code"], "webhook-off");
        assert!(shown(&Problem::not_found("agent")).get("code").is_none());
    }
}
