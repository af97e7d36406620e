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

    /// The key that it is about, or the environment variable.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Key { key, .. } => Some(key),
        }
    }

    /// Whether it may be there only because of another one: it is about the same key, or about one whose meaning hangs
    /// on that.
    pub(super) fn follows(&self, other: &Self) -> bool {
        let (Some(path), Some(other)) = (self.path(), other.path()) else { return false };
        let sections: &[&str] = match other {
            "mail.by" => &["mail", "postmark"],
            "writing.by" => &["writing"],
            "archive.by" => &["archive"],
            "email_verification.by" => &["email_verification"],
            "mls.client_id" => &["mls"],
            "gmail.client_id" => &["gmail"],
            _ if other.starts_with("sources") => {
                &["sources", "data", "zillow", "rentcast", "google", "fred", "mls"]
            }
            _ if other.starts_with("redis") || other.starts_with("aws") => &["queues"],
            _ => &[],
        };
        path == other || sections.iter().any(|section| path.split('.').next() == Some(section))
    }

    pub(super) fn at_line(self, line: Option<usize>) -> Self {
        match self {
            Self::Key { path, key, reason, .. } => Self::Key { path, line, key, reason },
            unreadable @ Self::Unreadable { .. } => unreadable,
        }
    }

    pub(super) fn by_setting(self) -> Self {
        match self {
            Self::Key { path, line, key, reason } => {
                Self::Key { path, line, key, reason: format!("{reason} (given by --set)") }
            }
            unreadable @ Self::Unreadable { .. } => unreadable,
        }
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
    let said = error.message().lines().collect::<Vec<_>>().join(", ");
    // It may repeat the value.
    let is_secret = super::keys::key_of(&key).is_some_and(|key| key.is_secret);
    let reason = if is_secret { "must be written as a text, in quotes".to_owned() } else { said };
    ConfigProblem::Key { path: None, line: Some(line), key, reason }
}

/// The line that a key stands in.
pub(super) fn line_of(text: &str, path: &str) -> Option<usize> {
    (1..=text.lines().count()).find(|line| key_at(text, *line) == path)
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
