//! `[traces]`: which collector gets traces, if any does.

use serde::Deserialize;

use super::ConfigProblem;
#[cfg(feature = "otlp")]
use super::{Environment, url};

/// The collector's address, as OpenTelemetry has it
/// (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).
pub const ENDPOINT_VARIABLE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// What the program is called there.
pub const SERVICE_NAME_VARIABLE: &str = "OTEL_SERVICE_NAME";
/// Which part of all traces is kept.
pub const SAMPLED_VARIABLE: &str = "OTEL_TRACES_SAMPLER_ARG";

/// A collector.
#[cfg(feature = "otlp")]
#[derive(Debug, Clone, PartialEq)]
pub struct Traces {
    /// What `/v1/traces` follows.
    pub endpoint: String,
    /// What the program is called there.
    pub service_name: String,
    /// Which part of the traces that begin here is kept, 0 to 1.
    pub sampled: f64,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    endpoint: Option<String>,
    service_name: Option<String>,
    sampled: Option<f64>,
}

impl Written {
    #[cfg(not(feature = "otlp"))]
    pub(super) fn check(&self) -> Result<(), ConfigProblem> {
        let given = [
            ("endpoint", self.endpoint.is_some()),
            ("service_name", self.service_name.is_some()),
            ("sampled", self.sampled.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((key, _)) => {
                let reason = "this dripr was built without traces; build it with `cargo build --release --features otlp`";
                Err(ConfigProblem::key(&format!("traces.{key}"), reason))
            }
            None => Ok(()),
        }
    }

    /// The collector, if there is one.
    #[cfg(feature = "otlp")]
    pub(super) fn check(self, environment: Environment<'_>) -> Result<Option<Traces>, ConfigProblem> {
        // What is empty is not set, as OpenTelemetry has it.
        let set = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let endpoint = url::checked("traces.endpoint", set(ENDPOINT_VARIABLE).or(self.endpoint))?;
        let service_name = set(SERVICE_NAME_VARIABLE).or(self.service_name).unwrap_or_else(|| "dripr".into());
        if service_name.trim().is_empty() || service_name.len() > 255 {
            return Err(ConfigProblem::key("traces.service_name", "must have 1 to 255 characters"));
        }
        let Some(endpoint) = endpoint else { return Ok(None) };
        let wrong = |given: &str| {
            let shown: String = given.chars().take(40).collect();
            ConfigProblem::key("traces.sampled", format!("must be from 0 to 1, not {shown:?}"))
        };
        let sampled = match set(SAMPLED_VARIABLE) {
            Some(text) => text.trim().parse().map_err(|_| wrong(&text))?,
            None => self.sampled.unwrap_or(1.0),
        };
        if !(0.0..=1.0).contains(&sampled) {
            return Err(wrong(&sampled.to_string()));
        }
        Ok(Some(Traces { endpoint, service_name, sampled }))
    }
}
