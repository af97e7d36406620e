//! `[outbox]`: where emails go.

use std::path::PathBuf;

use serde::Deserialize;

/// Where emails go: a folder that gets an `.eml` file of each.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outbox {
    /// The folder; it is made if it is not there.
    pub dir: PathBuf,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { dir: "outbox".into() }
    }
}
