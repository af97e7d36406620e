//! `[log]`: what is said on stderr while running.

use serde::Deserialize;
use tracing::Subscriber;
use tracing_subscriber::{
    Layer, Registry, filter::Targets, fmt::MakeWriter, layer::SubscriberExt, registry::LookupSpan,
    util::SubscriberInitExt,
};

use super::ConfigProblem;
use crate::json_log::JsonLog;

/// What is said on stderr while running.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// What is let through, such as `info` or `warn,dripr_core=debug`.
    pub filter: String,
    /// How it is written.
    pub format: Format,
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// For people, a line each.
    #[default]
    Text,
    /// For programs: a JSON object a line, see [`json_log`](crate::json_log).
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".into(), format: Format::Text }
    }
}

impl Log {
    pub(super) fn check(self) -> Result<Self, ConfigProblem> {
        self.filter.parse::<Targets>().map_err(|error| ConfigProblem::key("log.filter", error))?;
        Ok(self)
    }

    /// Sends the program's log to stderr from here on, and what is said to others who listen.
    pub fn start(&self, others: Vec<Box<dyn Layer<Registry> + Send + Sync>>) {
        let mut layers = others;
        layers.push(self.layer(std::io::stderr));
        // A second start, as in tests, keeps the first.
        let _ = tracing_subscriber::registry().with(layers).try_init();
    }

    /// What writes the log.
    pub fn layer<S, W>(&self, writer: W) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
        W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    {
        // It was checked when the configuration was read.
        let filter = self.filter.parse::<Targets>().unwrap_or_default();
        match self.format {
            Format::Text => tracing_subscriber::fmt::layer().with_writer(writer).with_filter(filter).boxed(),
            Format::Json => JsonLog::new(writer).with_filter(filter).boxed(),
        }
    }
}
