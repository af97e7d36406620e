//! `[traces]`: which collector gets traces, if any does.

#[cfg(feature = "otlp")]
use std::fmt;
use std::path::PathBuf;

#[cfg(feature = "otlp")]
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::ConfigProblem;
#[cfg(feature = "otlp")]
use super::{Environment, secret, url};

/// The collector's address, as OpenTelemetry has it
/// (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).
pub const ENDPOINT_VARIABLE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Headers that the collector wants, such as a key: `name=value,name=value`, the values percent-encoded.
pub const HEADERS_VARIABLE: &str = "OTEL_EXPORTER_OTLP_HEADERS";
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
    /// Headers that go along.
    pub headers: Headers,
    /// What the program is called there.
    pub service_name: String,
    /// Which part of the traces that begin here is kept, 0 to 1.
    pub sampled: f64,
}

/// Headers with their values, which may be keys.
#[cfg(feature = "otlp")]
#[derive(Clone, Default)]
pub struct Headers(pub Vec<(String, SecretString)>);

#[cfg(feature = "otlp")]
impl Headers {
    fn read(text: &str) -> Result<Self, &'static str> {
        let each = text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(|one| {
            let (name, value) = one.split_once('=').ok_or("must be name=value,name=value")?;
            let name = name.trim().to_ascii_lowercase();
            let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if name.is_empty() || !name.bytes().all(token) {
                return Err("has a name that is no header's");
            }
            let value = percent_encoding::percent_decode_str(value.trim()).decode_utf8();
            let value = value.map_err(|_| "has a value that is not UTF-8")?;
            if value.chars().any(char::is_control) {
                return Err("has a value with a control character in it");
            }
            Ok((name, SecretString::from(value.into_owned())))
        });
        each.collect::<Result<Vec<_>, _>>().map(Self)
    }
}

#[cfg(feature = "otlp")]
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(feature = "otlp")]
impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        let plain = |headers: &Self| -> Vec<(String, String)> {
            headers.0.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned())).collect()
        };
        plain(self) == plain(other)
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    endpoint: Option<String>,
    headers_file: Option<PathBuf>,
    service_name: Option<String>,
    sampled: Option<f64>,
}

impl Written {
    #[cfg(not(feature = "otlp"))]
    pub(super) fn check(&self) -> Result<(), ConfigProblem> {
        let given = [
            ("endpoint", self.endpoint.is_some()),
            ("headers_file", self.headers_file.is_some()),
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
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Option<Traces>, ConfigProblem> {
        // What is empty is not set, as OpenTelemetry has it.
        let set = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let endpoint = url::checked("traces.endpoint", set(ENDPOINT_VARIABLE).or(self.endpoint))?;
        let service_name = set(SERVICE_NAME_VARIABLE).or(self.service_name).unwrap_or_else(|| "dripr".into());
        if service_name.trim().is_empty() || service_name.len() > 255 {
            return Err(ConfigProblem::key("traces.service_name", "must have 1 to 255 characters"));
        }
        let key = "traces.headers_file";
        let headers = secret::secret(&set, HEADERS_VARIABLE, key, self.headers_file, absolute)?;
        let headers = headers.map(|text| Headers::read(text.expose_secret())).transpose();
        let headers = headers.map_err(|why| ConfigProblem::key(key, why))?.unwrap_or_default();
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
        Ok(Some(Traces { endpoint, headers, service_name, sampled }))
    }
}
