//! `[database]`: where campaigns, emails and queues are kept.

use std::path::PathBuf;

use serde::Deserialize;

/// Where campaigns, emails and queues are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// The SQLite file; it is made if it is not there.
    pub path: PathBuf,
}

impl Default for Database {
    fn default() -> Self {
        Self { path: "dripr.db".into() }
    }
}
