//! Links by which an agent looks at an email and approves it without signing in.
//!
//! A link is for one email with exactly the content it has, and ends. It can decide once: what is approved, declined, sent
//! or replaced cannot be decided on again.

use secrecy::SecretString;

use super::{
    Email, InvalidOptOutLink,
    opt_out::{check_base, check_key},
    signature,
};
use crate::{
    ids::{CampaignId, EmailId, UserId},
    schedule::Instant,
};

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

    /// The link to a campaign's report that is being made again, which leads on to the one to approve once it is there. It
    /// works until an instant.
    ///
    /// ```
    /// use dripr_core::{email::{ApprovalLinks, UnusableApprovalLink}, ids::{CampaignId, UserId}, schedule::Instant};
    /// let links = ApprovalLinks::new("https://mail.example", "a long random secret text".to_string().into())?;
    /// let (ana, campaign): (UserId, CampaignId) = (UserId::new("ana")?, CampaignId::new("ana-7")?);
    /// let until: Instant = "2026-03-01T12:00:00Z".parse()?;
    /// let link = links.again(&ana, &campaign, until);
    /// let path = link.strip_prefix("https://mail.example/again/").unwrap();
    /// assert_eq!(links.check_again(path, &ana, &campaign, "2026-03-01T11:00:00Z".parse()?), Ok(until));
    /// assert_eq!(links.check_again(path, &ana, &campaign, until), Err(UnusableApprovalLink::Expired));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn again(&self, user: &UserId, campaign: &CampaignId, until: Instant) -> String {
        let until = until.timestamp().to_string();
        let signature = signature::sign(&self.key, &Self::again_parts(user, campaign, &until));
        format!("{}/again/{campaign}/{until}/{signature}", self.base)
    }

    /// Whether the part of a link after `/again/` is genuine for an agent's campaign and not over; until when it works.
    ///
    /// # Errors
    /// [`UnusableApprovalLink`].
    pub fn check_again(
        &self,
        path: &str,
        user: &UserId,
        campaign: &CampaignId,
        now: Instant,
    ) -> Result<Instant, UnusableApprovalLink> {
        let mut parts = path.split('/');
        let (Some(id), Some(until), Some(given), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(UnusableApprovalLink::Forged);
        };
        let genuine = id == campaign.as_str()
            && signature::is_of(given, &self.key, &Self::again_parts(user, campaign, until));
        let until = until.parse().ok().and_then(|seconds| Instant::from_timestamp(seconds, 0));
        let until = until.filter(|_| genuine).ok_or(UnusableApprovalLink::Forged)?;
        if now < until { Ok(until) } else { Err(UnusableApprovalLink::Expired) }
    }

    fn again_parts<'a>(user: &'a UserId, campaign: &'a CampaignId, until: &'a str) -> [&'a str; 4] {
        ["again", user.as_str(), campaign.as_str(), until]
    }

    fn parts<'a>(email: &'a Email, until: &'a str, content_hash: &'a str) -> [&'a str; 5] {
        ["approve", email.user_id.as_str(), email.id.as_str(), content_hash, until]
    }
}
