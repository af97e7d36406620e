//! Why a subcommand ended without having done what it was asked for: one sentence for the person at the terminal.

use std::{error::Error as StdError, fmt, io, path::Path};

/// Why a subcommand failed.
#[derive(Debug)]
pub enum Failure {
    /// Who reads our output has had enough; there is nobody to tell.
    ClosedPipe,
    /// What went wrong, in one sentence.
    Said(String),
}

impl Failure {
    /// A failure in one sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self::Said(sentence.into())
    }

    /// A failure to do something with a file.
    pub fn file(what: &str, path: &Path, error: impl StdError + 'static) -> Self {
        Self::Said(format!("{what} {}: {}", path.display(), with_causes(&error)))
    }
}

/// An error and what lies behind it, on one line.
fn with_causes(error: &(dyn StdError + 'static)) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Many errors repeat their cause.
        if !sentence.contains(&said) {
            sentence = format!("{sentence}: {said}");
        }
        cause = error.source();
    }
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedPipe => f.write_str("the reader of the output went away"),
            Self::Said(sentence) => f.write_str(sentence),
        }
    }
}

impl<E: StdError + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let closed = (&error as &(dyn StdError + 'static))
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        if closed { Self::ClosedPipe } else { Self::Said(with_causes(&error)) }
    }
}

#[cfg(test)]
mod tests {
    use dripr_core::errors::{Fault, PortError};

    use super::*;

    #[test]
    fn a_failure_is_one_line_with_its_causes() {
        let error = PortError::new(Fault::Corrupt, "the database x.db is damaged")
            .caused_by(io::Error::other("file is not a database\n"));
        assert_eq!(Failure::from(error).to_string(), "the database x.db is damaged: file is not a database");
        assert!(matches!(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)), Failure::ClosedPipe));
    }
}
