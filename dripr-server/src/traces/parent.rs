//! The trace of whoever calls, as W3C's Trace Context has it (<https://www.w3.org/TR/trace-context/>).

use axum::http::HeaderMap;
use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
    trace::TraceContextExt,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}

/// Lets a span that was not entered yet go on with the trace that a request came with, if it came with a well-formed one.
pub(crate) fn continues(span: &Span, headers: &HeaderMap) {
    let caller = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
    if caller.span().span_context().is_valid() {
        // It fails where nobody makes traces.
        let _ = span.set_parent(caller);
    }
}
