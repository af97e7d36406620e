//! Why nobody is let in by a token.

use dripr_core::errors::PortError;

/// Why nobody is let in by a token. It quotes nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum SessionProblem {
    /// It is no token, or has a claim that it cannot have.
    #[error("this is no session token: {0}")]
    Malformed(&'static str),
    /// It is signed in another way than Clerk signs.
    #[error("the session token is not signed with RS256")]
    Algorithm,
    /// It is signed with a key that Clerk does not publish.
    #[error("the session token is signed with a key that is not Clerk's")]
    UnknownKey,
    /// The key that it names did not sign it.
    #[error("the session token's signature is wrong")]
    Signature,
    /// It has ended.
    #[error("the session token has ended")]
    Expired,
    /// It does not count yet.
    #[error("the session token does not count yet")]
    NotYet,
    /// Another instance made it.
    #[error("the session token is of another Clerk instance")]
    Issuer,
    /// It was made for a page of another origin.
    #[error("the session token is for another origin")]
    Party,
    /// It is no session's, but one that the instance made by a template for another program.
    #[error("this is a token for another program, not a session's")]
    OtherToken,
    /// The person has something to do yet before they are signed in, such as choosing an organisation.
    #[error("the session is pending: signing in is not finished")]
    Pending,
    /// Clerk's keys are not known, and cannot be had now.
    #[error("the keys of Clerk cannot be had")]
    KeysUnavailable(#[source] PortError),
}

impl SessionProblem {
    /// Whether it is no fault of who brings the token: answer 503 and not 401, the same token may be good in a moment.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::KeysUnavailable(_))
    }
}
