//! `[archive]`: where the HTML of every email is kept for people to look at.

use std::path::PathBuf;

use serde::Deserialize;

/// Where the HTML of every email is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Archive {
    /// The folder; it is made if it is not there.
    pub dir: PathBuf,
}

impl Default for Archive {
    fn default() -> Self {
        Self { dir: "archive".into() }
    }
}
