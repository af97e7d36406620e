//! Opt-out links: signed, unguessable, without a login and without an end.
//!
//! A link names the campaign and, by a mark that nobody can read an address from, the address that it was sent to. It carries
//! an HMAC-SHA-256 over both, so that nothing has to be stored for it to work and nobody can make one for somebody else.
//!
//! Links that were made before they had a mark work for as long as the others.

use secrecy::{ExposeSecret, SecretString};

use super::{EmailAddress, signature};
use crate::ids::{CampaignId, UserId};

/// Stands between the mark of an address and the signature. No hexadecimal digit, so that links without a mark are told by it.
const MARK_ENDS: char = '-';
/// The hexadecimal digits of a mark: no two addresses that an agent ever writes to share one.
const MARK_LENGTH: usize = 32;

/// Makes and checks opt-out links.
///
/// ```
/// use dripr_core::{email::OptOutLinks, ids::{CampaignId, UserId}};
/// let links = OptOutLinks::new("https://mail.example/", "a long random secret text".to_string().into())?;
/// let kim = "kim@home.example".parse()?;
/// let link = links.link(&UserId::new("u1")?, &CampaignId::new("c1")?, &kim);
/// assert!(link.starts_with("https://mail.example/o/u1/c1/"));
/// let claim = links.read(link.strip_prefix("https://mail.example/o/").unwrap())?;
/// assert_eq!(claim.campaign_id.as_str(), "c1");
/// assert_eq!(links.went_to(&claim, &kim), Some(true));
/// assert!(links.read("u1/c2/0000").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct OptOutLinks {
    base: String,
    key: SecretString,
    mailbox: Option<EmailAddress>,
}

impl std::fmt::Debug for OptOutLinks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OptOutLinks").field("base", &self.base).finish_non_exhaustive()
    }
}

/// A base address, key or link that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOptOutLink {
    /// The base address is not one.
    #[error("public base URL {0:?} must start with https:// (or http:// for tests) and have no space in it")]
    Base(String),
    /// The key is too easily guessed.
    #[error("the opt-out key must have at least 16 characters")]
    Key,
    /// The link was not made by us, or was damaged.
    #[error("this opt-out link is not valid")]
    Link,
}

/// What a genuine link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOutClaim {
    /// The agent whose mail is not wanted.
    pub user_id: UserId,
    /// The campaign the mail came from.
    pub campaign_id: CampaignId,
    /// The mark of the address that it was sent to (see [`OptOutLinks::went_to`]); `None` in links that were made before
    /// they had one.
    pub recipient: Option<String>,
}

impl OptOutLinks {
    /// Links under a public base address, signed with a key that must stay the same for as long as links shall work.
    ///
    /// # Errors
    /// [`InvalidOptOutLink::Base`] or [`InvalidOptOutLink::Key`].
    pub fn new(base: &str, key: SecretString) -> Result<Self, InvalidOptOutLink> {
        check_key(&key)?;
        Ok(Self { base: check_base(base)?, key, mailbox: None })
    }

    /// Lets people opt out by a mail to this address too, which the deployment has to receive
    /// (see [`OptOutLinks::mailto`]).
    #[must_use]
    pub fn with_mailbox(self, mailbox: EmailAddress) -> Self {
        Self { mailbox: Some(mailbox), ..self }
    }

    /// A `mailto:` link (RFC 6068) whose mail opts a recipient out, if there is an address for it. Its subject is what
    /// [`OptOutLinks::read_subject`] reads.
    #[must_use]
    pub fn mailto(&self, user: &UserId, campaign: &CampaignId, recipient: &EmailAddress) -> Option<String> {
        let mailbox = self.mailbox.as_ref().filter(|mailbox| mailbox.as_str().bytes().all(plain))?;
        let token = self.token(user, campaign, recipient);
        Some(format!("mailto:{mailbox}?subject=unsubscribe%20{token}"))
    }

    /// Reads the subject of a mail that came to the opt-out address. A mail program may have put something before it.
    ///
    /// # Errors
    /// [`InvalidOptOutLink::Link`] if it is not by us.
    pub fn read_subject(&self, subject: &str) -> Result<OptOutClaim, InvalidOptOutLink> {
        let token = subject.split_whitespace().rfind(|word| word.contains('/'));
        self.read(token.ok_or(InvalidOptOutLink::Link)?)
    }

    /// The link in a campaign's email to an address.
    #[must_use]
    pub fn link(&self, user: &UserId, campaign: &CampaignId, recipient: &EmailAddress) -> String {
        format!("{}/o/{}", self.base, self.token(user, campaign, recipient))
    }

    /// The link that stands in test copies instead of a recipient's: it opts nobody out.
    #[must_use]
    pub fn of_tests(&self) -> String {
        format!("{}/o/test", self.base)
    }

    /// Whether a link was sent to an address, however it is spelt; `None` if it was made before links had a mark.
    #[must_use]
    pub fn went_to(&self, claim: &OptOutClaim, address: &EmailAddress) -> Option<bool> {
        claim.recipient.as_ref().map(|mark| *mark == self.mark(&claim.user_id, address))
    }

    fn token(&self, user: &UserId, campaign: &CampaignId, recipient: &EmailAddress) -> String {
        let mark = self.mark(user, recipient);
        let signature = signature::sign(&self.key, &["opt-out", user.as_str(), campaign.as_str(), &mark]);
        format!("{user}/{campaign}/{mark}{MARK_ENDS}{signature}")
    }

    /// What stands for an address in links. Without the key nobody can tell whose it is, nor try addresses on it.
    fn mark(&self, user: &UserId, address: &EmailAddress) -> String {
        let mut mark = signature::sign(&self.key, &["opt-out recipient", user.as_str(), &address.key()]);
        mark.truncate(MARK_LENGTH);
        mark
    }

    /// Reads the part of a link after `/o/`.
    ///
    /// # Errors
    /// [`InvalidOptOutLink::Link`] if we did not make it. The comparison takes the same time wherever it differs.
    pub fn read(&self, path: &str) -> Result<OptOutClaim, InvalidOptOutLink> {
        let mut parts = path.split('/');
        let (Some(user), Some(campaign), Some(tag), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidOptOutLink::Link);
        };
        let user_id = UserId::new(user).map_err(|_| InvalidOptOutLink::Link)?;
        let campaign_id = CampaignId::new(campaign).map_err(|_| InvalidOptOutLink::Link)?;
        let (mark, signature) = match tag.split_once(MARK_ENDS) {
            Some((mark, signature)) => (Some(mark), signature),
            None => (None, tag),
        };
        let mut parts = vec!["opt-out", user_id.as_str(), campaign_id.as_str()];
        parts.extend(mark);
        if !signature::is_of(signature, &self.key, &parts) {
            return Err(InvalidOptOutLink::Link);
        }
        let recipient = mark.map(str::to_owned);
        Ok(OptOutClaim { user_id, campaign_id, recipient })
    }
}

/// A public base address, without the slash at its end.
pub(crate) fn check_base(base: &str) -> Result<String, InvalidOptOutLink> {
    let rest = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
    let host_ok = rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && rest.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"'\\`{}".contains(&b))
    });
    if host_ok {
        Ok(base.trim_end_matches('/').to_owned())
    } else {
        Err(InvalidOptOutLink::Base(base.chars().take(200).collect()))
    }
}

/// A key that nobody guesses.
pub(crate) fn check_key(key: &SecretString) -> Result<(), InvalidOptOutLink> {
    if key.expose_secret().len() < 16 { Err(InvalidOptOutLink::Key) } else { Ok(()) }
}

/// Whether a character of an address stands for itself in a `mailto:` link.
fn plain(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"@.-_~".contains(&b)
}
