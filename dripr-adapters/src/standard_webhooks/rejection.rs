//! Why a message is not believed.

/// Why a message is not believed. It quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// One of the three headers is missing, empty, or no text.
    #[error("the webhook has no {0} header")]
    Missing(&'static str),
    /// The timestamp is no number of seconds.
    #[error("the webhook's timestamp is no number of seconds")]
    Timestamp,
    /// It was sent too long ago: it may be a copy.
    #[error("the webhook was sent too long ago")]
    TooOld,
    /// It says that it will be sent later.
    #[error("the webhook comes from the future")]
    TooNew,
    /// No signature is by a secret that is known.
    #[error("the webhook is not signed with a secret that is known here")]
    Signature,
}
