//! `[log]`: what is said on stderr while running.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

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
        EnvFilter::try_new(&self.filter).map_err(|error| ConfigProblem::key("log.filter", error))?;
        Ok(self)
    }

    /// Sends the program's log to stderr from here on.
    pub fn start(&self) {
        // A second start, as in tests, keeps the first.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(&self.filter))
            .with_writer(std::io::stderr)
            .try_init();
    }
}
