//! `[log]`: what is said on stderr while running.

use serde::Deserialize;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use super::ConfigProblem;

/// What is said on stderr while running.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// What is let through, such as `info` or `warn,dripr_core=debug`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".into() }
    }
}

impl Log {
    pub(super) fn check(self) -> Result<Self, ConfigProblem> {
        self.filter.parse::<Targets>().map_err(|error| ConfigProblem::key("log.filter", error))?;
        Ok(self)
    }

    /// Sends the program's log to stderr from here on.
    pub fn start(&self) {
        // It was checked when the configuration was read.
        let filter = self.filter.parse::<Targets>().unwrap_or_default();
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter);
        // A second start, as in tests, keeps the first.
        let _ = tracing_subscriber::registry().with(lines).try_init();
    }
}
