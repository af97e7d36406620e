//! The one error shape that every port answers with.
//!
//! An adapter sorts what its provider said into a [`Fault`] at the edge; callers branch on that and never on text.

use std::{error::Error as StdError, fmt, time::Duration};

/// What kind of failure a port met: whose fault it is, and so what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The other side cannot be reached or broke down. Try again later.
    Unavailable,
    /// The other side asks to slow down. Try again, not before `retry_after` where it is known.
    Throttled,
    /// Our own pace forbids the call: nothing was asked. Ask again after `retry_after`; it is no failure.
    NotYet,
    /// No further call may be made for this: nothing was asked, and trying again changes nothing.
    NotAllowed,
    /// The other side answered with something that cannot be understood. Try again a few times.
    Garbled,
    /// The thing asked for does not exist. Trying again changes nothing.
    NotFound,
    /// What we asked was wrong. Trying again changes nothing.
    Invalid,
    /// People must mend something first: a key, a quota, a configuration, a full disk.
    Misconfigured,
    /// What is stored is damaged. Nothing may be sent from it.
    Corrupt,
}

impl Fault {
    /// Whether the same call may succeed later without anybody doing anything.
    #[must_use]
    pub fn may_heal(self) -> bool {
        match self {
            Self::Unavailable | Self::Throttled | Self::NotYet | Self::Garbled => true,
            Self::NotAllowed | Self::NotFound | Self::Invalid | Self::Misconfigured | Self::Corrupt => false,
        }
    }
}

/// A failed port call: its kind, a sentence for the person who reads it, and its cause.
///
/// ```
/// use dripr_core::errors::{Fault, PortError};
/// let error = PortError::new(Fault::Throttled, "the valuation service asks for a pause")
///     .retry_after(std::time::Duration::from_secs(30));
/// assert!(error.fault().may_heal());
/// assert_eq!(error.to_string(), "the valuation service asks for a pause");
/// ```
#[derive(Debug)]
pub struct PortError {
    fault: Fault,
    message: String,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl PortError {
    /// An error of a kind with a sentence that says what happened. No secrets and no personal data in it.
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), retry_after: None, source: None }
    }

    /// Keeps the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Says how long the other side asked to wait.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// The kind of failure.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// How long the other side asked to wait, if it did.
    #[must_use]
    pub fn pause(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(source) = &self.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl StdError for PortError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// What a port call gives.
pub type PortResult<T> = Result<T, PortError>;
