//! Traces of what `dripr run` does, to a collector, as OpenTelemetry has them: the spans that log lines stand in, with ids and
//! never with names, addresses or paths of links.
//!
//! Work never waits for a collector: finished spans are kept in a bounded queue, which a thread of its own empties every few
//! seconds; what does not fit is dropped.

mod parent;
mod told;

use std::time::Duration;

use dripr_adapters::{
    http::{HttpOptions, UnusableApi},
    otlp::Collector,
};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, filter_fn},
    registry::LookupSpan,
};

use self::told::Told;
use crate::config;

pub(crate) use parent::continues;

/// How long a collector may take for what it is given.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it is waited for at the end.
const LAST_PATIENCE: Duration = Duration::from_secs(3);

/// Traces to a collector.
#[derive(Debug, Clone)]
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// To the collector that was chosen. It is asked by the runtime.
    ///
    /// # Errors
    /// Its address is none.
    pub fn new(chosen: &config::traces::Traces, runtime: Handle) -> Result<Self, UnusableApi> {
        let options = HttpOptions { timeout: PATIENCE, ..HttpOptions::default() };
        let collector = Collector::new(&chosen.endpoint, &chosen.headers.0, options, runtime)?;
        let resource = Resource::builder_empty()
            .with_service_name(chosen.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        // Whoever calls has decided for the traces that begin with them.
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(chosen.sampled)));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(Told(collector))
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        Ok(Self { provider })
    }

    /// What makes traces of spans: of ours alone, and without what log lines in them say.
    pub fn layer<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let ours = filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("dripr"))
            .with_max_level_hint(LevelFilter::INFO);
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("dripr"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_context_activation(false)
            .with_filter(ours)
            .boxed()
    }

    /// Gives the collector what it has not got yet; for a few seconds at most.
    pub async fn end(self) {
        let ending = tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(LAST_PATIENCE));
        // That spans are lost was said by whoever lost them.
        let _ = tokio::time::timeout(LAST_PATIENCE, ending).await;
    }
}
