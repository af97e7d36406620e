//! What a collector is told of a span: what is known to be an id, a number or a word of our own, under the names that
//! OpenTelemetry gives it (<https://opentelemetry.io/docs/specs/semconv/>).

use std::time::Duration;

use opentelemetry::{
    KeyValue,
    trace::{SpanKind, Status},
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanEvents, SpanExporter},
};

/// The fields of spans that are told. A field that is not here stays here.
const FIELDS: [(&str, &str); 13] = [
    ("request_id", "dripr.request_id"),
    ("method", "http.request.method"),
    ("route", "http.route"),
    ("status", "http.response.status_code"),
    ("queue", "dripr.queue"),
    ("campaign_id", "dripr.campaign_id"),
    ("user_id", "dripr.user_id"),
    ("event_id", "dripr.event_id"),
    ("emails", "dripr.emails"),
    ("accepted", "dripr.accepted"),
    ("provider", "dripr.provider"),
    ("operation", "dripr.operation"),
    ("outcome", "dripr.outcome"),
];
/// Whoever watches asks all the time.
const WATCHED: [&str; 4] = ["/livez", "/readyz", "/metrics", "/health"];

/// Gives on what a collector is told.
#[derive(Debug)]
pub(super) struct Told<E>(pub(super) E);

impl<E: SpanExporter> SpanExporter for Told<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let told: Vec<SpanData> = batch.into_iter().filter_map(told).collect();
        if told.is_empty() { Ok(()) } else { self.0.export(told).await }
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

/// A span as it is told; none of those who watch.
fn told(mut span: SpanData) -> Option<SpanData> {
    let field = |name: &str| {
        let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name)?;
        Some(found.value.as_str().into_owned())
    };
    let said = |name: &str| field(name).unwrap_or_default();
    let (kind, name, failed) = match &*span.name {
        "request" => {
            let (method, route) = (said("method"), said("route"));
            if WATCHED.contains(&route.as_str()) {
                return None;
            }
            let failed = field("status").is_some_and(|status| status.starts_with('5'));
            (SpanKind::Server, format!("{method} {route}"), failed)
        }
        "delivery" => {
            let failed = matches!(field("outcome").as_deref(), Some("failed" | "given_up"));
            (SpanKind::Consumer, format!("delivery {}", said("queue")), failed)
        }
        "provider" => {
            let fine = matches!(field("outcome").as_deref(), Some("ok" | "not_found"));
            (SpanKind::Client, format!("{} {}", said("provider"), said("operation")), !fine)
        }
        other => (SpanKind::Internal, other.to_owned(), false),
    };
    span.span_kind = kind;
    span.name = name.into();
    span.status = if failed { Status::error("") } else { Status::Unset };
    span.attributes = span
        .attributes
        .into_iter()
        .filter_map(|attribute| {
            let (_, name) = FIELDS.iter().find(|(field, _)| *field == attribute.key.as_str())?;
            Some(KeyValue::new(*name, attribute.value))
        })
        .collect();
    span.events = SpanEvents::default();
    Some(span)
}
