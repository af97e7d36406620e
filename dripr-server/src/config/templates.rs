//! `[templates]`: what emails look like.

use std::path::PathBuf;

use serde::Deserialize;

/// What emails look like.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Templates {
    /// A folder whose files replace those of the shipped templates that have their names.
    pub dir: Option<PathBuf>,
}
