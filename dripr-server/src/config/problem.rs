//! What can be wrong with a configuration, in one sentence that names the key.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigProblem {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A key that is missing, unknown or has a value that cannot be taken.
    #[error("{}{key}: {reason}", place(.path.as_deref(), *.line))]
    Key {
        /// The file, where there is one.
        path: Option<PathBuf>,
        /// The line, where the key stands in one.
        line: Option<usize>,
        /// The key with its section, such as `sending.opens`.
        key: String,
        /// What is wrong.
        reason: String,
    },
}

fn place(path: Option<&Path>, line: Option<usize>) -> String {
    match (path, line) {
        (Some(path), Some(line)) => format!("{}, line {line}: ", path.display()),
        (Some(path), None) => format!("{}: ", path.display()),
        (None, Some(line)) => format!("line {line}: "),
        (None, None) => String::new(),
    }
}

impl ConfigProblem {
    /// A key whose value cannot be taken, or that is missing.
    pub(super) fn key(key: &str, reason: impl ToString) -> Self {
        Self::Key { path: None, line: None, key: key.to_owned(), reason: reason.to_string() }
    }

    pub(super) fn in_file(self, file: &Path) -> Self {
        match self {
            Self::Key { line, key, reason, .. } => {
                Self::Key { path: Some(file.to_owned()), line, key, reason }
            }
            unreadable @ Self::Unreadable { .. } => unreadable,
        }
    }
}

/// The same problem as the parser's, with the key it is about.
pub(super) fn of_toml(text: &str, error: &toml::de::Error) -> ConfigProblem {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let key = key_at(text, line);
    // The parser explains itself over several lines; the first says it.
    let reason = error.message().lines().collect::<Vec<_>>().join(", ");
    ConfigProblem::Key { path: None, line: Some(line), key, reason }
}

/// The key that stands in a line, with the section it stands in.
fn key_at(text: &str, line: usize) -> String {
    let lines: Vec<&str> = text.lines().take(line).map(str::trim).collect();
    let here = lines.last().copied().unwrap_or_default();
    let header = |line: &str| {
        let name = line.trim_start_matches('[').split(']').next().unwrap_or_default().trim().to_owned();
        line.starts_with('[').then_some(name)
    };
    if let Some(section) = header(here) {
        return section;
    }
    let name = here.split('=').next().unwrap_or_default().trim().trim_matches('"');
    match lines.iter().rev().find_map(|line| header(line)) {
        Some(section) if name.is_empty() => section,
        Some(section) => format!("{section}.{name}"),
        None => name.to_owned(),
    }
}
