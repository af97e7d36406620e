//! Links by which an agent looks at an email and approves it without signing in.
//!
//! A link is for one email with exactly the content it has, and ends. It can approve once: what is approved, sent or
//! replaced cannot be approved again.

use secrecy::SecretString;

use super::{
    Email, InvalidOptOutLink,
    opt_out::{check_base, check_key},
    signature,
};
use crate::{ids::EmailId, schedule::Instant};

/// Makes and checks approval links.
///
/// ```
/// use dripr_core::email::ApprovalLinks;
/// let links = ApprovalLinks::new("https://mail.example", "a long random secret text".to_string().into())?;
/// let forged = "campaign-1.1/1773504000/00";
/// assert_eq!(ApprovalLinks::email_id(forged).unwrap().as_str(), "campaign-1.1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ApprovalLinks {
    base: String,
    key: SecretString,
}

impl std::fmt::Debug for ApprovalLinks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApprovalLinks").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Why an approval link does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableApprovalLink {
    /// It was not made by us, or for an email that says something else now.
    #[error("this link is not valid, or the email was changed since it was made")]
    Forged,
    /// It is too old.
    #[error("this link has expired")]
    Expired,
}

impl ApprovalLinks {
    /// Links under a public base address, signed with a key.
    ///
    /// # Errors
    /// The base address is none, or the key too short.
    pub fn new(base: &str, key: SecretString) -> Result<Self, InvalidOptOutLink> {
        check_key(&key)?;
        Ok(Self { base: check_base(base)?, key })
    }

    /// The link for an email as it is now, which works until an instant.
    #[must_use]
    pub fn link(&self, email: &Email, until: Instant) -> String {
        let until = until.timestamp().to_string();
        let signature =
            signature::sign(&self.key, &Self::parts(email, &until, &email.content_hash.to_string()));
        format!("{}/a/{}/{until}/{signature}", self.base, email.id)
    }

    /// Which email the part of a link after `/a/` speaks of, genuine or not.
    #[must_use]
    pub fn email_id(path: &str) -> Option<EmailId> {
        EmailId::new(path.split('/').next()?).ok()
    }

    /// Whether the part of a link after `/a/` is genuine, for this email with this content, and not over.
    ///
    /// # Errors
    /// [`UnusableApprovalLink`].
    pub fn check(&self, path: &str, email: &Email, now: Instant) -> Result<(), UnusableApprovalLink> {
        let mut parts = path.split('/');
        let (Some(id), Some(until), Some(given), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(UnusableApprovalLink::Forged);
        };
        let content_hash = email.content_hash.to_string();
        let genuine = id == email.id.as_str()
            && signature::is_of(given, &self.key, &Self::parts(email, until, &content_hash));
        let Some(until) = until.parse().ok().filter(|_| genuine) else {
            return Err(UnusableApprovalLink::Forged);
        };
        if now.timestamp() < until { Ok(()) } else { Err(UnusableApprovalLink::Expired) }
    }

    fn parts<'a>(email: &'a Email, until: &'a str, content_hash: &'a str) -> [&'a str; 5] {
        ["approve", email.user_id.as_str(), email.id.as_str(), content_hash, until]
    }
}
