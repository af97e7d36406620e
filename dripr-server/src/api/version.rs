//! What was read, so that a change of it does not undo somebody else's (RFC 9110, 13.1.1).

use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::problem::Problem;

/// An answer with its ETag.
pub(super) struct Versioned<T> {
    pub(super) version: String,
    pub(super) shown: T,
}

/// A version as the header `ETag` has it, and `If-Match`.
pub(super) fn tag(version: &str) -> String {
    format!("\"{version}\"")
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.shown).into_response();
        if let Ok(tag) = HeaderValue::from_str(&tag(&self.version)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// The version that a change is one of.
pub(super) struct IfMatch(Option<String>);

impl IfMatch {
    /// Refuses a change of anything but this version. `*` takes any. A weak tag counts as ours: proxies that compress answers make
    /// them of those that they pass on, and what they are tags of was not changed by that.
    pub(super) fn admit(&self, version: &str) -> Result<(), Problem> {
        let Some(given) = &self.0 else { return Err(Problem::if_match_required()) };
        let version = tag(version);
        let same = |tag: &str| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == version
        };
        if given.split(',').any(same) { Ok(()) } else { Err(Problem::changed_meanwhile()) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let value = value.to_str().map_err(|_| Problem::unreadable("If-Match is no ETag"))?;
        Ok(Self(Some(value.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_as_it_was_given_and_as_a_proxy_weakened_it() {
        let admitted = |given: &str| IfMatch(Some(given.to_owned())).admit("7").is_ok();
        for given in [r#""7""#, r#"W/"7""#, r#""6", "7""#, r#""6",W/"7""#, "*"] {
            assert!(admitted(given), "{given}");
        }
        for given in [r#""6""#, r#"W/"6""#, "7", "W/7", "W/*", r#"w/"7""#, r#"W/W/"7""#, ""] {
            assert!(!admitted(given), "{given}");
        }
        assert!(IfMatch(None).admit("7").is_err());
    }
}
