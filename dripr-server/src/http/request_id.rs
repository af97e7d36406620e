//! A name for each request, by which what was said about it is found again.
//!
//! A proxy may give one as `x-request-id`; it is taken if it is well-formed, so that nobody writes into the log what they like.
//! Paths are never said: those of links are secrets.

use std::sync::Arc;

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method},
    middleware::{self, Next},
    response::Response,
};
use dripr_core::ports::Entropy;
use tracing::Instrument;

/// The header that a name comes and goes by.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest name that is taken.
const LONGEST: usize = 64;

/// Gives each request of some routes a name: on its span, and in the answer.
pub(crate) fn named(routes: Router, entropy: Arc<dyn Entropy>) -> Router {
    routes.layer(middleware::from_fn_with_state(entropy, answer))
}

async fn answer(State(entropy): State<Arc<dyn Entropy>>, request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(|| {
        let id = format!("{:032x}", u128::from_be_bytes(entropy.bytes()));
        // Hexadecimal digits stand in any header.
        HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("none"))
    });
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    };
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let request_id = id.to_str().unwrap_or_default();
    let span = tracing::info_span!("request", request_id, method, route, status = tracing::field::Empty);
    #[cfg(feature = "otlp")]
    crate::traces::continues(&span, request.headers());
    let inside = span.clone();
    let answered = async move {
        let response = next.run(request).await;
        inside.record("status", response.status().as_u16());
        tracing::debug!("answered");
        response
    };
    let mut response = answered.instrument(span).await;
    response.headers_mut().insert(HEADER, id);
    response
}

/// The name that a request came with, if it is well-formed: ASCII letters, digits, `-`, `_` and `.`, 64 at most.
fn given(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut given = headers.get_all(HEADER).iter();
    let id = given.next().filter(|_| given.next().is_none())?;
    let fine = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let bytes = id.as_bytes();
    (1..=LONGEST).contains(&bytes.len()).then_some(())?;
    bytes.iter().all(fine).then(|| id.clone())
}
