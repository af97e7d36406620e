//! Spans to a collector, as OTLP over HTTP with protobuf (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>): a POST to
//! `/v1/traces` below its address.
//!
//! What a collector does not take is lost, and it is asked once. That it takes nothing is said in the log once, and once that it
//! takes spans again.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use dripr_core::{errors::PortError, ports::Allowance};
use opentelemetry_proto::{
    tonic::collector::trace::v1::ExportTraceServiceRequest,
    transform::{
        common::tonic::ResourceAttributesWithSchema, trace::tonic::group_spans_by_resource_and_scope,
    },
};
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SpanData, SpanExporter},
};
use prost::Message;
use secrecy::SecretString;
use tokio::runtime::Handle;

use crate::http::{HttpApi, HttpOptions, Refusal, UnusableApi};

const PROVIDER: &str = "the collector of traces";
const KIND: &str = "application/x-protobuf";

/// A collector of spans. It may be asked on any thread; the requests are made by the runtime that it was made with.
pub struct Collector {
    api: HttpApi,
    runtime: Handle,
    resource: ResourceAttributesWithSchema,
    /// Whether it was said that it takes nothing.
    is_said: AtomicBool,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("api", &self.api).finish_non_exhaustive()
    }
}

impl Collector {
    /// The one at an address, who wants these headers, such as a key. `options` say how long it may take; they have no address of their own.
    ///
    /// # Errors
    /// The address is none, or a header.
    pub fn new(
        url: &str,
        headers: &[(String, SecretString)],
        options: HttpOptions,
        runtime: Handle,
    ) -> Result<Self, UnusableApi> {
        let api = HttpApi::new(PROVIDER, url, &HttpOptions { base_url: None, ..options })?;
        let api = headers.iter().try_fold(api, |api, (name, value)| api.keyed_by(name, value))?;
        let resource = ResourceAttributesWithSchema::default();
        Ok(Self { api: api.with("accept", KIND), runtime, resource, is_said: AtomicBool::new(false) })
    }
}

async fn hand_over(api: HttpApi, body: Vec<u8>) -> Result<(), PortError> {
    let answer = api.hand_over("v1/traces", &[], KIND, body, None, &Allowance::unlimited()).await?;
    // What it may say of single spans helps nobody here.
    if answer.status.is_success() { Ok(()) } else { Err(Refusal::of(&answer).sorted(&api)) }
}

impl SpanExporter for Collector {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        // Whoever exports has a thread of their own, without a runtime.
        let handed_over = self.runtime.spawn(hand_over(self.api.clone(), body)).await;
        let failed = match handed_over {
            Ok(Ok(())) => {
                if self.is_said.swap(false, Ordering::Relaxed) {
                    tracing::info!("{PROVIDER} takes spans again");
                }
                return Ok(());
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the process ends".to_owned(),
        };
        if !self.is_said.swap(true, Ordering::Relaxed) {
            tracing::warn!(error = %failed, "{PROVIDER} takes no spans; they are lost, and nothing else is");
        }
        Err(OTelSdkError::InternalFailure(failed))
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}
